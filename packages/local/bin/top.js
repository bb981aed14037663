// Node 18 and 20 must be able to read this file: plain JavaScript, and no static import.
import('./_launch.js').then(({ launch }) => launch('npm run top', () => import('../src/top/main.ts')))
