/** Finds a Chromium for the browser tests, or installs one. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * Returns the path of CHROMIUM_PATH, or of an installed browser. Without one it installs Debian's chromium as root on Debian,
 * else Playwright's own.
 * @returns undefined for Playwright's own browser.
 * @throws Error with advice when no browser can be installed.
 */
export function findBrowser(): string | undefined {
  const given = process.env['CHROMIUM_PATH']
  if (given) {
    if (existsSync(given)) return given
    throw new Error(`CHROMIUM_PATH is ${given}, but that file does not exist.`)
  }
  const found = PLACES.find((place) => existsSync(place))
  if (found) return found
  return isDebian() && process.getuid?.() === 0 ? installFromDebian() : installFromPlaywright()
}

function isDebian(): boolean {
  return (
    existsSync('/etc/os-release') && /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
  )
}

function installFromDebian(): string {
  console.log('No browser found. Installing chromium from Debian.')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
  execFileSync('apt-get', ['install', '-y', '-qq', 'chromium'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  })
  return '/usr/bin/chromium'
}

function installFromPlaywright(): undefined {
  console.log('No browser found. Installing chromium from Playwright.')
  const { status } = spawnSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'inherit' })
  if (status !== 0) {
    throw new Error(
      'No Chromium is installed, and installing one failed. Install it yourself and set CHROMIUM_PATH to its path.',
    )
  }
}
