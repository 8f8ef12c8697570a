/** Where a request for a model goes, taken apart. */
export interface ModelAddress {
  readonly url: URL;
  /** What stands before the model's own part of the path: a version, and whatever a gateway put before that. */
  readonly prefix: string;
  /** Absent for the Gemini API, and for requests to the cloud that name no project. */
  readonly project: string | undefined;
  readonly location: string | undefined;
  /** Absent for the Gemini API. */
  readonly publisher: string | undefined;
  /** Whether the model is one that somebody tuned: it belongs to a project. */
  readonly isTuned: boolean;
  readonly model: string;
  readonly verb: string;
}

const pathPattern =
  /^(?<prefix>.*?\/)(?:(?:projects\/(?<project>[^/]+)\/locations\/(?<location>[^/]+)\/)?publishers\/(?<publisher>[^/]+)\/)?(?<kind>models|tunedModels)\/(?<model>[^/:]+):(?<verb>\w+)$/;

/** A path of a model's is shorter. */
const longestPath = 2_000;

/** The address of a model, or undefined where it is another. Never throws. */
export function modelAddress(text: string): ModelAddress | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.pathname.length > longestPath) return undefined;
  const { prefix, project, location, publisher, kind, model, verb } = pathPattern.exec(url.pathname)?.groups ?? {};
  if (prefix === undefined || model === undefined || verb === undefined) return undefined;
  // Tuned models of the cloud, and what else lies in a project but under no publisher, have addresses of their own.
  if (publisher === undefined && /(?:^|\/)(?:projects|locations)\//.test(prefix)) return undefined;
  return { url, prefix, project, location, publisher, isTuned: kind === 'tunedModels', model, verb };
}

/** The cloud's own hosts; a gateway's host stays as it is. */
const cloudHost = /^(?:[\w-]+-)?aiplatform(?:\.[\w-]+\.rep)?\.googleapis\.com$/;

/** Locations that are several regions have a host of another form. */
const multiRegions: ReadonlySet<string> = new Set(['us', 'eu']);

function hostOf(location: string): string {
  if (location === 'global') return 'aiplatform.googleapis.com';
  return multiRegions.has(location)
    ? `aiplatform.${location}.rep.googleapis.com`
    : `${location}-aiplatform.googleapis.com`;
}

/** What changes of an address; undefined: as it was. */
export interface AddressChange {
  /** A model by its plain name, which is Google's own. */
  readonly model: string | undefined;
  readonly location: string | undefined;
}

/** The address of another model, or of the same elsewhere. */
export function moved(address: ModelAddress, { model, location }: AddressChange): URL {
  const { prefix, project, isTuned } = address;
  const url = new URL(address.url);
  const place = project === undefined ? '' : `projects/${project}/locations/${location ?? address.location}/`;
  const publisher = model === undefined ? address.publisher : 'google';
  const owner = address.publisher === undefined ? '' : `${place}publishers/${publisher}/`;
  const collection = isTuned && model === undefined ? 'tunedModels' : 'models';
  url.pathname = `${prefix}${owner}${collection}/${model ?? address.model}:${address.verb}`;
  if (location !== undefined && cloudHost.test(url.hostname)) url.hostname = hostOf(location);
  return url;
}
