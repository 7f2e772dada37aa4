import net from 'node:net';

/**
 * One keep-alive HTTP/1.1 connection with one request in flight.
 *
 * It costs a tenth of what node:http's client costs, so that on two cores the load leaves room for what it measures.
 * It understands no more than the measured servers send: content-length, no chunks, no trailers.
 */
export class HttpConnection {
  #socket;
  #chunks = [];
  #received = 0;
  /** Undefined until the head of the answer is complete. */
  #head;
  #pending;
  #broken;

  /** @param {number} port on 127.0.0.1 */
  static open(port) {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new HttpConnection(socket));
      });
    });
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /**
   * @param {string} request all of it, ASCII
   * @returns {Promise<{ status: number, body: Buffer }>}
   */
  send(request) {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(request, 'latin1');
    });
  }

  close() {
    this.#socket.destroy();
  }

  #receive(chunk) {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    try {
      this.#head ??= readHead(this.#joined());
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#head === undefined || this.#received < this.#head.length) return;
    const { status, bodyAt } = this.#head;
    const body = this.#joined().subarray(bodyAt);
    const { resolve } = this.#pending;
    this.#chunks = [];
    this.#received = 0;
    this.#head = undefined;
    this.#pending = undefined;
    resolve({ status, body });
  }

  #joined() {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0];
  }

  #fail(error) {
    this.#broken ??= error;
    this.#pending?.reject(error);
    this.#socket.destroy();
  }
}

/** @returns {{ status: number, bodyAt: number, length: number } | undefined} undefined while it is incomplete */
function readHead(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.latin1Slice(0, end);
  const status = Number(head.slice(9, 12));
  const bodyAt = end + 4;
  if (status === 204 || status === 304) return { status, bodyAt, length: bodyAt };
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (length === undefined) throw new Error(`an answer without content-length:\n${head}`);
  return { status, bodyAt, length: bodyAt + Number(length) };
}
