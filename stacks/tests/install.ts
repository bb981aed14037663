/** `npm run sst:install`: SST's platform (its components and Pulumi's SDK) into .sst, from the npm registry alone. */
import { platformIsInstalled } from './offline/platform.ts'
import { sst } from './offline/sst.ts'

const startedMs = performance.now()
console.log('Installing the SST platform from the npm registry (about half a minute) …')
const { code } = await sst(['install', '--stage', 'install'], { show: true })
const seconds = Math.round((performance.now() - startedMs) / 1000)
if (code === 0 && platformIsInstalled()) console.log(`Installed in ${seconds} s.`)
else {
  console.error('The SST platform could not be installed; see above.')
  process.exitCode = 1
}
