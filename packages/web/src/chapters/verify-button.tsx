import { lazy, useState } from 'react'
import { Button } from '@/components/ui/button'
import { Boundary } from '../components/error-boundary.tsx'
import { VERIFY_DRAWER } from '../copy/chapters.ts'
import { preload, retryImport } from '../lib/retry-import.ts'
import type { VerifyDrawerProps } from './verify-drawer.tsx'

const load = () => retryImport(() => import('./verify-drawer.tsx'))
const VerifyDrawer = lazy(load)

/** Opens the drawer. Its chunk loads when the pointer or the focus reaches the button. */
export function VerifyButton(props: Omit<VerifyDrawerProps, 'onClose'>) {
  const [open, setOpen] = useState(location.hash === '#verify')
  return (
    <>
      <Button
        variant="quiet"
        size="small"
        className="underline decoration-border underline-offset-4"
        aria-haspopup="dialog"
        onPointerEnter={() => preload(load)}
        onFocus={() => preload(load)}
        onClick={() => setOpen(true)}
      >
        {VERIFY_DRAWER.title}
      </Button>
      {open && (
        <Boundary>
          <VerifyDrawer {...props} onClose={() => setOpen(false)} />
        </Boundary>
      )}
    </>
  )
}
