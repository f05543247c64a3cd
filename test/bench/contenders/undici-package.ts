/** The undici of this Node's own kind: those of 8 and of before do not understand each other's dispatchers. */
export const UNDICI = Number.parseInt(process.versions['undici'] ?? '', 10) >= 8 ? 'undici8' : 'undici';

export const loadUndici = () => import(UNDICI) as Promise<typeof import('undici')>;
