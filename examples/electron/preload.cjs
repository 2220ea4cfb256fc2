/*
 * A preload script in a sandbox is CommonJS. It hands the port on to the page, and nothing else: the page has no access to Electron.
 */
const { ipcRenderer } = require('electron');

ipcRenderer.on('mqtt', ({ ports }) => {
  // The page checks that it comes from its own window. Pages from files have no origin that could be named here.
  window.postMessage('mqtt', '*', ports);
});
