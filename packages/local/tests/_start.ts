/** `npm start` without npm and Vite, for a root whose page is already built. Arguments: root, data folder, port. */
import { start } from '../src/cli/start.ts'

const [root = '', data = '', port = ''] = process.argv.slice(2)
process.exitCode = await start({ root, data, port: Number(port), from: root }).catch((error) => {
  console.error(error.message)
  return 1
})
