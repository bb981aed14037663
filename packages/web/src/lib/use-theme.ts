import { useEffect, useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const KEY = 'warm-pods.theme'
export const THEMES: readonly Theme[] = ['system', 'light', 'dark']

/** Returns the theme and its setter. The inline script of index.html has set the class before this runs. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(stored)
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)')
    const apply = () => {
      document.documentElement.classList.toggle(
        'dark',
        theme === 'dark' || (theme === 'system' && system.matches),
      )
    }
    apply()
    system.addEventListener('change', apply)
    return () => system.removeEventListener('change', apply)
  }, [theme])
  return [
    theme,
    (next) => {
      setTheme(next)
      try {
        localStorage.setItem(KEY, next)
      } catch {
        // With blocked storage the choice lasts until the page is left.
      }
    },
  ]
}

function stored(): Theme {
  try {
    const text = localStorage.getItem(KEY)
    return THEMES.find((theme) => theme === text) ?? 'system'
  } catch {
    return 'system'
  }
}
