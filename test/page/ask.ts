/** Asks the server for a path as it stands, without a client that tidies up paths. */
import { request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly host?: string;
}

export const askServer = (url: string, path: string, { method = "GET", host }: Asked): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const headers = host === undefined ? {} : { host };
    const asked = request({ host: "127.0.0.1", port, path, method, headers: { host: `localhost:${port}`, ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    asked.on("error", reject).end();
  });
