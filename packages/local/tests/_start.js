// As bin/start.js, with the cache of compiled code.
import { launch } from '../bin/_launch.js'

launch('npm start', () => import('./_start.ts'))
