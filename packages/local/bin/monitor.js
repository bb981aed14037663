// Node 18 and 20 must be able to read this file: plain JavaScript, and no static import.
import('./_launch.js').then(({ launch }) => launch('npm run monitor', () => import('../src/monitor/main.ts')))
