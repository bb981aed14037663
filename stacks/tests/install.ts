/** `npm run sst:install`: installs SST's platform (its components and Pulumi's SDK) into .sst, from the npm registry only. */
import { platformIsInstalled } from './offline/platform.ts'
import { sst } from './offline/sst.ts'

const startedMs = performance.now()
console.log('Installing the SST platform from the npm registry (about half a minute) …')
const { code } = await sst(['install', '--stage', 'install'], { show: true })
const seconds = Math.round((performance.now() - startedMs) / 1000)
if (code === 0 && platformIsInstalled()) console.log(`Installed in ${seconds} s.`)
else {
  console.error('Installing the SST platform failed; the output above says why.')
  process.exitCode = 1
}
