import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import { parse } from 'yaml';

const FILE = 'docker-compose.yml';
/** The path of a secret, which may be the default of a variable of Compose. */
const SECRET = /^(?:\$\{\w+:?-)?\/run\/secrets\/([\w.-]+)\}?$/;
const PINNED = /:(?!latest$)[\w][\w.-]*(@sha256:[0-9a-f]{64})?$/;

/**
 * What is wrong with a Compose file, as far as that can be told without Docker.
 * @param variables the environment variables that the service reads
 */
export function problemsInCompose(text, variables) {
  let file;
  try {
    file = parse(text, { merge: true });
  } catch (error) {
    return [`${FILE}: ${error.message}`];
  }
  const violations = violationsOfSchema(file);
  // Below, the shape that the schema demands is taken for granted.
  if (violations.length > 0) return violations;
  return Object.entries(file.services ?? {}).flatMap(([name, service]) =>
    [
      ...unknownVariables(service, variables, file),
      ...secretsOutOfReach(service),
      ...unknownReferences(service, file),
      ...unpinnedImage(service, file),
      ...imageBuiltTwice(name, service, file),
    ].map((problem) => `${FILE}: ${name}: ${problem}`),
  );
}

/** The schema of the Compose Specification (Apache-2.0), which the linter dclint carries. */
function violationsOfSchema(file) {
  const dclint = path.dirname(createRequire(import.meta.url).resolve('dclint/package.json'));
  const source = readFileSync(path.join(dclint, 'schemas', 'compose.schema.json'), 'utf8');
  // Its formats and the address of its meta-schema are known to Docker only.
  const { $schema: _, ...schema } = JSON.parse(source);
  const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(
    schema,
  );
  validate(file);
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const surplus = params.additionalProperty ?? params.propertyName;
    return `${FILE}: ${instancePath || '/'} ${message}${surplus === undefined ? '' : `: ${surplus}`}`;
  });
}

/** What is built here is Rollcall; several services may run the image that one of them builds. */
const isRollcall = ({ build, image }, { services }) =>
  build !== undefined || buildersOf(image, services).length > 0;

function buildersOf(image, services) {
  if (image === undefined) return [];
  return Object.entries(services).filter(([, other]) => other.build && other.image === image);
}

function environmentOf({ environment = {} }) {
  if (!Array.isArray(environment)) return Object.entries(environment);
  return environment.map((line) => {
    const [name, ...value] = line.split('=');
    return [name, value.join('=')];
  });
}

function unknownVariables(service, variables, file) {
  if (!isRollcall(service, file)) return [];
  return environmentOf(service)
    .filter(([name]) => !variables.includes(name))
    .map(([name]) => `passes ${name}, which src/config.ts does not read`);
}

function secretsOutOfReach(service) {
  const granted = namesIn(service.secrets, 'source');
  return environmentOf(service)
    .map(([name, value]) => [name, SECRET.exec(value)?.[1]])
    .filter(([, secret]) => secret !== undefined && !granted.includes(secret))
    .map(([name, secret]) => `${name} names the secret ${secret}, which it is not given`);
}

function unknownReferences(service, file) {
  const volumes = (service.volumes ?? [])
    .map((volume) => (typeof volume === 'string' ? volume.split(':')[0] : volume.source))
    .filter((source) => /^[\w-]+$/.test(source ?? ''));
  return [
    ...missing('service', namesIn(service.depends_on, 'service'), file.services),
    ...missing('secret', namesIn(service.secrets, 'source'), file.secrets),
    ...missing('network', namesIn(service.networks, 'name'), { default: {}, ...file.networks }),
    ...missing('volume', volumes, file.volumes),
  ];
}

/** Compose lets most lists be lists of names, lists of objects, or maps. */
function namesIn(section, key) {
  if (section === undefined) return [];
  if (!Array.isArray(section)) return Object.keys(section);
  return section.map((entry) => (typeof entry === 'string' ? entry : entry[key]));
}

const missing = (kind, names, known = {}) =>
  names.filter((name) => !(name in known)).map((name) => `there is no ${kind} ${name}`);

/** An image that is built here needs a name only. */
function unpinnedImage(service, file) {
  if (isRollcall(service, file) || PINNED.test(service.image ?? '')) return [];
  return [`the image ${service.image ?? ''} is not pinned by a tag`];
}

/** Compose builds at once for all services of a profile; the second export of a name fails while nobody had it before. */
function imageBuiltTwice(name, { build, image, profiles = [] }, { services }) {
  if (build === undefined) return [];
  const together = (other) =>
    profiles.length === 0 || other.length === 0 || other.some((each) => profiles.includes(each));
  const [first] = buildersOf(image, services).find(([, other]) =>
    together(other.profiles ?? []),
  ) ?? [name];
  return first === name ? [] : [`builds the image ${image}, as ${first} does`];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await import('./register-typescript.mjs');
  const { CONFIG_VARIABLES } = await import('../src/config.ts');
  const text = readFileSync(path.join(import.meta.dirname, '..', FILE), 'utf8');
  const problems = problemsInCompose(text, CONFIG_VARIABLES);
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
