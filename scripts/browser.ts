/** Finds a Chromium to test with, or brings one. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * The path of a browser that is installed, or of Debian's after installing it; undefined when Playwright brings its own.
 * CHROMIUM_PATH decides when it is set.
 * @throws Error with a sentence when there is none and none can be had.
 */
export function findBrowser(): string | undefined {
  const given = process.env['CHROMIUM_PATH']
  if (given) {
    if (existsSync(given)) return given
    throw new Error(`CHROMIUM_PATH names ${given}, and there is nothing there.`)
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
  console.log('No browser found: asking Playwright for its own.')
  const { status } = spawnSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'inherit' })
  if (status !== 0) {
    throw new Error(
      'There is no Chromium here and none could be installed: install one and set CHROMIUM_PATH to it.',
    )
  }
}
