/**
 * A program that a test started and that has not ended after so many ms hangs. Nothing is slow on purpose: it is long
 * because a machine that is busy with other work must fail no test.
 */
export const HANG_MS = 180_000;
