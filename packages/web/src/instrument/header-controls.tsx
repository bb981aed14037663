import { Monitor, Moon, Pause, Play, Sun } from 'lucide-react'
import { Button } from '@/components/ui/button'
import { THEMES, useTheme } from '../lib/use-theme.ts'

const ICONS = { system: Monitor, light: Sun, dark: Moon }

/** Pause, theme and, when the build knows it, the source. */
export function HeaderControls({ paused, onPause }: { paused: boolean; onPause: () => void }) {
  const [theme, setTheme] = useTheme()
  const Icon = ICONS[theme]
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  const source: string | undefined = import.meta.env.VITE_SOURCE_URL
  return (
    <>
      <Button variant="quiet" size="small" onClick={onPause}>
        {paused ? (
          <Play aria-hidden="true" className="size-4" />
        ) : (
          <Pause aria-hidden="true" className="size-4" />
        )}
        {paused ? 'Resume' : 'Pause'}
      </Button>
      <Button
        variant="quiet"
        onClick={() => setTheme(next)}
        aria-label={`Theme: ${theme}. Change to ${next}.`}
        title={`Theme: ${theme}`}
      >
        <Icon aria-hidden="true" className="size-4" />
        <span className="hidden capitalize sm:inline">{theme}</span>
      </Button>
      {source && (
        <a
          href={source}
          className="inline-flex min-h-11 items-center px-2.5 text-sm text-muted-foreground hover:text-foreground"
        >
          Source
        </a>
      )}
    </>
  )
}
