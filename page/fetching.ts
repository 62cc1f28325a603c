/** Fetches what `npm run site` has made (src/site/site-data.ts). */
import type { SiteData, Sources } from "../src/site/site-data.ts";

async function answer(url: string): Promise<Response> {
  const response = await fetch(url).catch((error: unknown) => {
    throw new Error(`${url} cannot be fetched: ${error instanceof Error ? error.message : error}`);
  });
  if (!response.ok) throw new Error(`${url} cannot be fetched: ${response.status} ${response.statusText}`);
  return response;
}

export async function fetchText(url: string): Promise<string> {
  const { body } = await answer(url);
  if (body === null) throw new Error(`${url} is empty`);
  return new Response(body.pipeThrough(new DecompressionStream("gzip"))).text();
}

export const fetchSite = async (base: string): Promise<SiteData> => (await (await answer(`${base}site.json`)).json()) as SiteData;

export const fetchSources = async (url: string): Promise<Sources> => JSON.parse(await fetchText(url)) as Sources;
