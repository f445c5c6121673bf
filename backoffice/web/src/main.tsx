import { render } from 'preact';
import { session } from './api/session';
import { startLive } from './live/live';
import { startRouter } from './router';
import { Shell } from './shell/shell';

const root = document.getElementById('app')!;
root.replaceChildren();
startRouter();
startLive();
render(<Shell />, root);
session.start();
