/** Finds a Chromium for the tests, or installs one. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * Returns the path of an installed browser, or of Debian's after its installation; undefined if Playwright uses its own.
 * CHROMIUM_PATH overrides the search.
 * @throws Error if there is none and none can be installed.
 */
export function findBrowser(): string | undefined {
  const given = process.env['CHROMIUM_PATH']
  if (given) {
    if (existsSync(given)) return given
    throw new Error(`CHROMIUM_PATH is ${given}, and there is no such file.`)
  }
  const found = PLACES.find((place) => existsSync(place))
  if (found) return found
  return isDebian() && process.getuid?.() === 0 ? installDebians() : installPlaywrights()
}

function isDebian(): boolean {
  return (
    existsSync('/etc/os-release') && /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
  )
}

function installDebians(): string {
  console.log('No browser found: installing Debian’s chromium.')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
  execFileSync('apt-get', ['install', '-y', '-qq', 'chromium'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  })
  return '/usr/bin/chromium'
}

function installPlaywrights(): undefined {
  console.log('No browser found: installing Playwright’s own.')
  const { status } = spawnSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'inherit' })
  if (status !== 0) {
    throw new Error(
      'No Chromium was found or could be installed. Install one and set CHROMIUM_PATH to its path.',
    )
  }
}
