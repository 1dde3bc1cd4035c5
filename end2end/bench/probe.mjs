// What measures inside the page, by its own clock: Playwright's round trips would cost more than what is measured.

/**
 * Runs in every page before its own scripts, and leaves `window.bench`. It stands alone, since it is sent there as text.
 * The app and the bare page are measured by it alike: both have their messages in an element of `role="log"`.
 */
export function probe() {
  const heard = new Set();

  /** Tells of each frame before the page hears of it. */
  window.WebSocket = class extends WebSocket {
    constructor(...address) {
      super(...address);
      this.addEventListener('message', ({ data }) => heard.forEach((it) => it(data)));
    }
  };

  /** Time of the next event of this kind, as the browser has stamped it when it took it from the device. */
  const nextEvent = (kind) =>
    new Promise((resolve) => addEventListener(kind, (event) => resolve(event.timeStamp), { once: true, capture: true }));

  /** Time at which the frame with this text is handed to the page. */
  const nextFrame = (text) =>
    new Promise((resolve) => {
      const hear = (frame) => {
        if (!frame.includes(text)) return;
        heard.delete(hear);
        resolve(performance.now());
      };
      heard.add(hear);
    });

  /** Once a message with this text has been added, in a list that was there before or in one that came with it. */
  const added = (text) =>
    new Promise((resolve) => {
      const isInList = (target, node) => target.closest('[role=log]') || node.matches('[role=log]') || node.querySelector('[role=log]');
      const has = ({ target, addedNodes }) =>
        [...addedNodes].some((it) => it instanceof Element && it.textContent.includes(text) && isInList(target, it));
      const observer = new MutationObserver((changes) => {
        if (!changes.some(has)) return;
        observer.disconnect();
        resolve();
      });
      observer.observe(document, { subtree: true, childList: true });
    });

  /** Time at which the next frame has been drawn: a message posted in a frame comes after its layout and painting. */
  const drawn = () =>
    new Promise((resolve) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now());
        port2.postMessage(undefined);
      }),
    );

  /** Elements that the page had before it came to life, and what it looked like until then. */
  const loading = { shift: 0, largest: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) loading.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    loading.largest = list.getEntries().at(-1).startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  const interactive = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      observer.disconnect();
      resolve(performance.now());
    });
    observer.observe(document, { subtree: true, attributes: true, attributeFilter: ['data-hydrated'] });
  });

  /** Memories of the page's WebAssembly; its parts share one. */
  const memories = new Set();
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (source, imports) => {
      const result = await original.call(WebAssembly, source, imports);
      for (const it of Object.values((result.instance ?? result).exports)) if (it instanceof WebAssembly.Memory) memories.add(it);
      return result;
    };
  }

  window.bench = {
    /** Gets ready to measure from a cause (`keydown`, `click` or `frame`) to the picture that shows `text`. */
    measure(cause, text) {
      const begun = cause === 'frame' ? nextFrame(text) : nextEvent(cause);
      const shown = added(text).then(drawn);
      window.bench.measured = Promise.all([begun, shown]).then(([from, to]) => to - from);
    },
    /** What it took, in milliseconds. */
    measured: undefined,
    added,
    /** How loading went so far: milliseconds since the navigation began, and the sum of layout shifts. */
    async loaded() {
      const [firstPaint] = performance.getEntriesByName('first-contentful-paint');
      return { ...loading, firstPaint: firstPaint?.startTime, interactive: await interactive };
    },
    wasmBytes: () => [...memories].reduce((sum, it) => sum + it.buffer.byteLength, 0),
  };
}
