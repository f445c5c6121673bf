import type { ComponentChildren, ComponentType, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { RoleName } from '../../api/account';
import { atLeast, session, useSession } from '../../api/session';
import { middle } from '../../format/units';
import { Button, ButtonLink, Empty, Icon, Page, Skeleton, type IconName } from '../../ui';
import { usePlace, type PageProps } from '../../router';

interface Entry {
  path: string;
  name: string;
  icon: IconName;
}

const account: Entry[] = [
  { path: '/account', name: 'My accounts', icon: 'user' },
  { path: '/account/workers', name: 'Workers', icon: 'server' },
  { path: '/account/payouts', name: 'Payouts', icon: 'coins' },
  { path: '/account/notifications', name: 'Notifications', icon: 'bell' },
  { path: '/account/security', name: 'Security', icon: 'shield' },
  { path: '/account/keys', name: 'API keys', icon: 'key' },
];

const admin: Entry[] = [
  { path: '/admin', name: 'Overview', icon: 'pulse' },
  { path: '/admin/pools', name: 'Pools', icon: 'layers' },
  { path: '/admin/engines', name: 'Engines', icon: 'bolt' },
  { path: '/admin/nodes', name: 'Nodes', icon: 'server' },
  { path: '/admin/jobs', name: 'Jobs', icon: 'cube' },
  { path: '/admin/shares', name: 'Shares', icon: 'table' },
  { path: '/admin/miners', name: 'Miners', icon: 'user' },
  { path: '/admin/bans', name: 'Bans', icon: 'minus' },
  { path: '/admin/payouts', name: 'Payouts', icon: 'coins' },
  { path: '/admin/ledger', name: 'Ledger', icon: 'check' },
  { path: '/admin/logins', name: 'Logins', icon: 'key' },
  { path: '/admin/audit', name: 'Audit log', icon: 'clock' },
  { path: '/admin/settings', name: 'Settings', icon: 'gear' },
];

/** A page that asks the server nothing before somebody has signed in. */
export const forOwner = (title: string, page: ComponentType<PageProps>) => gated(title, 'miner', page);

/** The same for the pool's staff; what each role may do is the server's word. */
export const forStaff = (title: string, page: ComponentType<PageProps>) => gated(title, 'support', page);

const gated = (title: string, role: RoleName, Inner: ComponentType<PageProps>) =>
  function Gated(props: PageProps): VNode {
    const { state, me } = useSession();
    if (state === 'in' && atLeast(me, role)) return <Inner {...props} />;
    return (
      <Page title={title}>
        {state === 'unknown' ? (
          <Skeleton lines={8} />
        ) : state === 'out' ? (
          <SignInFirst path={location.pathname} />
        ) : (
          <Empty title="Not for this login">This page is for the pool's operators.</Empty>
        )}
      </Page>
    );
  };

interface SideProps {
  title: string;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** A page of one's own. */
export const AccountPage = (props: SideProps) => (
  <SidePage {...props} entries={account} label="My account" role="miner" />
);

/** A page of the pool's staff. */
export const AdminPage = (props: SideProps) => <SidePage {...props} entries={admin} label="Operator" role="support" />;

function SidePage({
  title,
  lead,
  actions,
  children,
  entries,
  label,
  role,
}: SideProps & { entries: Entry[]; label: string; role: RoleName }) {
  const { me } = useSession();
  const { path } = usePlace();
  const strip = useRef<HTMLUListElement>(null);
  // On a phone the menu is a strip: where one is must be in sight.
  useEffect(() => {
    const here = strip.current?.querySelector<HTMLElement>('[aria-current]');
    if (here && strip.current) strip.current.scrollLeft = here.offsetLeft - strip.current.clientWidth / 3;
  }, [path]);
  return (
    <div class="sided">
      <div class="side">
        <p class="side-who">
          <b title={me?.name}>{middle(me?.name ?? '', 10, 6)}</b>
          <span class="quiet">{me?.role}</span>
        </p>
        <nav aria-label={label}>
          <ul ref={strip}>
            {entries.map(entry => (
              <li key={entry.path}>
                <a href={entry.path} aria-current={entry.path === path ? 'page' : undefined}>
                  <Icon name={entry.icon} />
                  {entry.name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="side-foot">
          {role === 'miner' ? (
            atLeast(me, 'support') && (
              <a href="/admin">
                <Icon name="pulse" />
                Operator pages
              </a>
            )
          ) : (
            <a href="/account">
              <Icon name="user" />
              My account
            </a>
          )}
          <Button tone="ghost" onClick={() => void session.signOut()}>
            <Icon name="out" />
            Sign out
          </Button>
        </div>
      </div>
      <Page title={title} lead={lead} actions={actions}>
        {me?.secondFactorRequired && !me.secondFactor && <SecondFactorFirst />}
        {children}
      </Page>
    </div>
  );
}

const SignInFirst = ({ path }: { path: string }) => (
  <Empty title="Sign in to see this page">
    <p>
      Your miner's figures need no login: <a href="/miners">look up an address</a>.
    </p>
    <p>
      <ButtonLink tone="primary" href={`/sign-in?back=${encodeURIComponent(path)}`}>
        Sign in
      </ButtonLink>
    </p>
  </Empty>
);

const SecondFactorFirst = () => (
  <p class="banner warn" role="status">
    <Icon name="shield" />
    <span>
      This login must have a second factor before it may change anything. <a href="/account/security">Set it up</a>
    </span>
  </p>
);
