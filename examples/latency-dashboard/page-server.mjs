import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/** Snapshots that a page gets when it opens. */
const HISTORY = 300;
const UPLOT = new URL('.', import.meta.resolve('uplot'));
const PAGE = new URL('./page/', import.meta.url);
/** All that is served: no path of a request reaches the file system. */
const FILES = new Map(
  [
    ['/', new URL('index.html', PAGE), 'text/html'],
    ['/page.js', new URL('page.js', PAGE), 'text/javascript'],
    ['/page.css', new URL('page.css', PAGE), 'text/css'],
    ['/uplot.js', new URL('uPlot.esm.js', UPLOT), 'text/javascript'],
    ['/uplot.css', new URL('uPlot.min.css', UPLOT), 'text/css'],
  ].map(([path, url, type]) => [path, { content: readFileSync(url), type }]),
);

/** Serves the page, and tells every page that is open the news as server-sent events. */
export class PageServer {
  #server = createServer((request, response) => this.#answer(request, response));
  #pages = new Set();
  #history = [];
  #plan;

  constructor(plan) {
    this.#plan = plan;
  }

  /** For this machine alone: whoever sees the page sees which broker it is about. */
  async listen(port) {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url() {
    const address = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    return `http://127.0.0.1:${address.port}/`;
  }

  show(snapshot) {
    this.#history.push(snapshot);
    if (this.#history.length > HISTORY) this.#history.shift();
    for (const page of this.#pages) {
      // A page that is behind misses one rather than to make this process keep it.
      if (!page.writableNeedDrain) write(page, 'snapshot', snapshot);
    }
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** @param {import('node:http').IncomingMessage} request */
  #answer({ method, url = '' }, response) {
    const file = FILES.get(url);
    if (method !== 'GET') response.writeHead(405).end();
    else if (url === '/events') this.#open(response);
    else if (file === undefined) response.writeHead(404).end();
    else {
      response.writeHead(200, {
        'content-type': `${file.type}; charset=utf-8`,
        'content-security-policy': "default-src 'self'; img-src data:",
      });
      response.end(file.content);
    }
  }

  #open(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    write(response, 'plan', this.#plan);
    for (const snapshot of this.#history) write(response, 'snapshot', snapshot);
    this.#pages.add(response);
    response.on('close', () => this.#pages.delete(response));
  }
}

function write(response, event, data) {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
