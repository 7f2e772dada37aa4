import net from 'node:net';

export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends the text as it is, which no HTTP client would, and reads until the server closes. */
export async function sendRaw(url: string, request: string): Promise<RawResponse> {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  try {
    socket.write(request);
    for await (const chunk of socket) chunks.push(chunk as Buffer);
  } finally {
    socket.destroy();
  }
  const answer = Buffer.concat(chunks).toString();
  const [head = '', ...body] = answer.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => line.split(/: */, 2) as [string, string]);
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: new Headers(headers),
    text: body.join('\r\n\r\n'),
  };
}

/** A request without a body, whose connection ends with its answer. */
export const requestOf = (
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): string => {
  const lines = Object.entries({ Host: 'rollcall.test', Connection: 'close', ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} ${target} HTTP/1.1\r\n${head}\r\n`;
};
