import { Monitor, Moon, Pause, Play, Sun } from 'lucide-react'
import { Button } from '@/components/ui/button'
import { CONTROLS } from '../copy/first-paint.ts'
import { THEMES, useTheme } from '../lib/use-theme.ts'

const ICONS = { system: Monitor, light: Sun, dark: Moon }

/** Buttons for pause and theme, and a link to the source if the build has its URL. */
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
        {paused ? CONTROLS.resume : CONTROLS.pause}
      </Button>
      <Button
        variant="quiet"
        onClick={() => setTheme(next)}
        aria-label={CONTROLS.changeTheme(theme, next)}
        title={CONTROLS.theme(theme)}
      >
        <Icon aria-hidden="true" className="size-4" />
        <span className="hidden capitalize sm:inline">{theme}</span>
      </Button>
      {source && (
        <a
          href={source}
          className="inline-flex min-h-11 items-center px-2.5 text-sm text-muted-foreground hover:text-foreground"
        >
          {CONTROLS.source}
        </a>
      )}
    </>
  )
}
