import { Button } from '@/components/ui/button'
import { Icon } from '@/components/ui/icon'
import { CONTROLS } from '../copy/first-paint.ts'
import { THEMES, useTheme } from '../lib/use-theme.ts'

/** Buttons for pause and theme. */
export function HeaderControls({ paused, onPause }: { paused: boolean; onPause: () => void }) {
  const [theme, setTheme] = useTheme()
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  return (
    <>
      <Button variant="quiet" size="small" onClick={onPause}>
        <Icon name={paused ? 'resume' : 'pause'} />
        <span>{paused ? CONTROLS.resume : CONTROLS.pause}</span>
      </Button>
      <Button
        variant="quiet"
        onClick={() => setTheme(next)}
        aria-label={CONTROLS.changeTheme(theme, next)}
        title={CONTROLS.theme(theme)}
      >
        <Icon name={theme} />
        <span className="hidden capitalize sm:inline">{theme}</span>
      </Button>
    </>
  )
}
