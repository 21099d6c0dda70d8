/** A report that is served while it grows: on loopback, by server-sent events. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { embedJson, html, POLICY } from '../src/report/html.js';
import type { Report } from '../src/report/report.js';

export interface Live {
  /** Where the page is. */
  readonly address: string;
  /** When the first page is there. */
  readonly opened: Promise<void>;
  /** Shows a report in place of the one before, in every page that is open. */
  send(report: Report): void;
  /** Shows the last one: pages stop listening. */
  end(report: Report): void;
  /** Ends every connection. */
  close(): void;
}

/** Starts to serve. The port is any that is free; other hosts' names for it are refused, whatever they resolve to. */
export async function serve(first: Report): Promise<Live> {
  let report = first;
  let ended = false;
  const pages = new Set<ServerResponse>();
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const event = (name: string, data: string) => `event: ${name}\ndata: ${data}\n\n`;
  const tell = (page: ServerResponse) => {
    page.write(event('report', embedJson(report)));
    if (ended) page.write(event('end', '1'));
  };
  const server = createServer(({ url, method, headers }, response) => {
    if (headers.host !== new URL(address).host || method !== 'GET') return void response.writeHead(403).end();
    if (url === '/') {
      const page = html(report.toJSON(), {
        policy: `${POLICY}; connect-src 'self'`,
        start: "live('/events')",
      });
      return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    }
    if (url !== '/events') return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    pages.add(response);
    response.on('close', () => pages.delete(response));
    tell(response);
    open();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const send = (next: Report) => {
    report = next;
    pages.forEach(tell);
  };
  return {
    address,
    opened,
    send,
    end: (last) => {
      ended = true;
      send(last);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
