import { loadUndici } from '../contenders/undici-package.js';
import type { Ask } from './client.js';

const { request } = await loadUndici();

export const askWithUndici: Ask = async (url, { method, requestHeaders, requestBody }) => {
  const response = await request(url, { method, headers: requestHeaders, body: requestBody ?? null });
  const body = await response.body.text();
  return { status: response.statusCode, header: (name) => String(response.headers[name] ?? ''), body };
};
