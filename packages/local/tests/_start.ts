/**
 * `npm start` without npm and Vite, for a root whose page is already built. Arguments: root, data folder, port, and for the user's
 * own cluster its context and the pod's image.
 */
import { start } from '../src/cli/start.ts'

const [root = '', data = '', port = '', context, image] = process.argv.slice(2)
const cluster =
  context === undefined ? {} : { cluster: { context, image, kubeconfig: undefined, apply: true } }
process.exitCode = await start({ root, data, port: Number(port), from: root, ...cluster }).catch((error) => {
  console.error(error.message)
  return 1
})
