/**
 * What a request asks for, as a URL: as it goes over the wire, since resolving the path would make one of two that a server
 * tells apart. A request to a proxy has the whole URL there already, and a CONNECT a host and a port.
 */
export function requestTarget(method: string, path: string, origin: string): string {
  if (method === 'CONNECT') {
    return `http://${path}`;
  }
  // Nearly all begin so, and a look is cheaper than the pattern.
  return !path.startsWith('/') && /^https?:\/\//i.test(path) ? path : origin + path;
}
