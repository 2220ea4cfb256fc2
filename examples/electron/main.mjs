/*
 * The main process: windows, and the process with the client. It passes ports on and is not in the way of messages.
 */
import { fileURLToPath } from 'node:url';
import { app, BrowserWindow, MessageChannelMain, utilityProcess } from 'electron';

/** The topics that a window may see begin so. It is said here: a window can not ask for more. */
const TOPICS_OF_WINDOW = ['plant/'];
const RESTART_DELAY_MS = 1000;

let mqtt;
let quitting = false;

app.on('before-quit', () => {
  quitting = true;
  // It says goodbye to the broker and ends.
  mqtt?.kill();
});
app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit();
});
app.on('activate', () => {
  if (BrowserWindow.getAllWindows().length === 0) openWindow();
});

await app.whenReady();
startMqtt();
openWindow();

function startMqtt() {
  mqtt = utilityProcess.fork(pathOf('./mqtt-process.mjs'), [], { serviceName: 'MQTT' });
  // A process that has crashed takes no window with it. The next one gets new ports to all of them.
  mqtt.once('exit', () => setTimeout(restartMqtt, RESTART_DELAY_MS));
}

function restartMqtt() {
  if (quitting) return;
  startMqtt();
  BrowserWindow.getAllWindows().forEach(connectWindow);
}

function openWindow() {
  const window = new BrowserWindow({
    width: 720,
    height: 560,
    webPreferences: {
      preload: pathOf('./preload.cjs'),
      sandbox: true,
      contextIsolation: true,
    },
  });
  // It shows one page, and that page opens no others.
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  window.webContents.on('will-navigate', (event) => event.preventDefault());
  // Also after a reload, with which the old port is gone.
  window.webContents.on('did-finish-load', () => connectWindow(window));
  window.loadFile(pathOf('./window.html'));
}

/** One end of a channel goes to the process with the client, the other one to the window. */
function connectWindow(window) {
  const { port1, port2 } = new MessageChannelMain();
  mqtt.postMessage({ topics: TOPICS_OF_WINDOW }, [port1]);
  window.webContents.postMessage('mqtt', null, [port2]);
}

function pathOf(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}
