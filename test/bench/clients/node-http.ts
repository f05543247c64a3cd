import http from 'node:http';
import { type Ask, READ_HEADERS } from './client.js';

export const askWithNodeHttp: Ask = (url, { method, requestHeaders, requestBody }) =>
  new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers: requestHeaders }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('error', reject);
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => {
        const { statusCode = 0, headers } = response;
        const read = READ_HEADERS.map((name) => String(headers[name] ?? ''));
        resolve({ status: statusCode, headers: read, body });
      });
    });
    request.on('error', reject);
    request.end(requestBody);
  });
