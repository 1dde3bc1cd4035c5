// The page's own sockets, held by the test: each may be ended with a code, and what the server says may be changed.

import type { Page, WebSocketRoute } from '@playwright/test';

/** Stands between a page and the server's WebSocket. */
export class Sockets {
  #open: WebSocketRoute[] = [];
  /** Whether new sockets get no answer any more. */
  isSilent = false;
  /** What becomes of a frame of the server; nothing, and it is lost. */
  change: (frame: string) => string | undefined = (frame) => frame;

  /** Before the page is loaded. */
  static async of(page: Page) {
    const sockets = new Sockets();
    await page.routeWebSocket(/\/app\//, (socket) => sockets.#take(socket));
    return sockets;
  }

  #take(socket: WebSocketRoute) {
    this.#open.push(socket);
    if (this.isSilent) return;
    const server = socket.connectToServer();
    server.onMessage((frame) => {
      const changed = this.change(frame.toString());
      if (changed !== undefined) socket.send(changed);
    });
    socket.onMessage((frame) => server.send(frame));
  }

  /** How many the page has opened so far. */
  get count() {
    return this.#open.length;
  }

  /** Ends the newest one. */
  async end(code: number, reason = '') {
    await this.#open.at(-1)?.close({ code, reason });
  }
}
