import { lazy, useState } from 'react'
import { Button } from '@/components/ui/button'
import { CHECK } from '../copy/chapters.ts'
import { Boundary } from '../lib/error-boundary.tsx'
import { retryImport } from '../lib/retry-import.ts'
import type { CheckUsProps } from './verify-drawer.tsx'

const load = () => retryImport(() => import('./verify-drawer.tsx'))
const CheckUs = lazy(load)

/** Opens the drawer; what is in it is fetched when somebody reaches for the button. */
export function CheckUsButton(props: Omit<CheckUsProps, 'onClose'>) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button
        variant="outline"
        size="small"
        aria-haspopup="dialog"
        onPointerEnter={() => void load()}
        onFocus={() => void load()}
        onClick={() => setOpen(true)}
      >
        {CHECK.title}
      </Button>
      {open && (
        <Boundary fallback={null}>
          <CheckUs {...props} onClose={() => setOpen(false)} />
        </Boundary>
      )}
    </>
  )
}
