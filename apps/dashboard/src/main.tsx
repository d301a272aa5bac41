import './styles/base.css';
import './styles/parts.css';
import './styles/shell.css';
import './styles/pages.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './app.js';
import { startTheme } from './shell/theme.js';

startTheme();
const root = document.getElementById('root');
if (!root) throw new Error('the page has no place to draw in');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
