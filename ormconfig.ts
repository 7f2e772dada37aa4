/**
 * The DataSource for TypeORM's command line:
 * `node --import ./scripts/register-typescript.mjs node_modules/typeorm/cli.js migration:show -d ormconfig.ts`
 */
import { DataSource } from 'typeorm';
import { dataSourceOptions } from './src/database.js';

const url = process.env.DATABASE_URL;
if (!url) throw new Error('set DATABASE_URL: postgres://user:password@host:port/database');

export default new DataSource(dataSourceOptions(url, console.error));
