/** Lets plain Node import this repository's TypeScript, so that scripts and the test set-up need no build. */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
