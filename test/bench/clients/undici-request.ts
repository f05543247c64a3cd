import { loadUndici } from '../contenders/undici-package.js';
import { type Ask, READ_HEADERS } from './client.js';

const { request } = await loadUndici();

export const askWithUndici: Ask = async (url, { method, requestHeaders, requestBody }) => {
  const response = await request(url, { method, headers: requestHeaders, body: requestBody ?? null });
  const headers = READ_HEADERS.map((name) => String(response.headers[name] ?? ''));
  const body = await response.body.text();
  return { status: response.statusCode, headers, body };
};
