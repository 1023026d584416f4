// The Streaming page: one run, live or from its event log, or an index of runs.
//
// Every text that comes from a program is put into the page as text, never as markup. What is kept
// is bounded: the batches that the server keeps, and nothing else. The server sends an overview
// after a change; if batches are missing between two overviews they are fetched.
'use strict';

const MOST_BATCHES = 1000;
const ROWS = 20;
// Milliseconds after which a page asks a server again that has refused.
const AGAIN = 3000;

const byId = (id) => document.getElementById(id);

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== undefined && value !== null) made.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child !== undefined && child !== null) made.append(child);
  }
  return made;
}

// ---- numbers and times -------------------------------------------------------------------

function millis(amount) {
  if (amount === undefined || amount === null) return '–';
  if (amount < 1000) return `${Math.round(amount * 10) / 10} ms`;
  if (amount < 60000) return `${(amount / 1000).toFixed(1)} s`;
  if (amount < 3600000) return `${(amount / 60000).toFixed(1)} min`;
  return `${(amount / 3600000).toFixed(1)} h`;
}

function count(amount) {
  if (amount === undefined || amount === null) return '–';
  return Math.round(amount).toLocaleString('en-US');
}

function short(amount) {
  if (amount >= 1e6) return `${Math.round(amount / 1e5) / 10}M`;
  return amount >= 1000 ? `${Math.round(amount / 100) / 10}k` : String(amount);
}

function bytes(amount) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let left = amount || 0;
  while (left >= 1000 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? left : left.toFixed(1)} ${units[unit]}`;
}

function timeOf(epoch, interval) {
  const two = (n) => String(n).padStart(2, '0');
  const at = new Date(epoch);
  const day = `${at.getFullYear()}/${two(at.getMonth() + 1)}/${two(at.getDate())}`;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const part = interval < 1000 ? `.${String(at.getMilliseconds()).padStart(3, '0')}` : '';
  return `${day} ${clock}${part}`;
}

// ---- where this page is ------------------------------------------------------------------

const path = location.pathname;
const history_ = path.match(/^\/history\/([^/]+)\//);
const pages = history_ ? `/history/${history_[1]}/streaming/` : '/streaming/';

async function json(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error((await answer.text()).trim() || `HTTP ${answer.status}`);
  return answer.json();
}

async function apiOfRun() {
  let id = history_ && history_[1];
  if (!id) id = (await json('/api/v1/applications'))[0].id;
  return `/api/v1/applications/${id}/streaming`;
}

// ---- tables ------------------------------------------------------------------------------

function table(headings, rows) {
  const head = headings.map((heading) => {
    const [text, kind] = [].concat(heading);
    return element('th', { scope: 'col', class: kind }, text);
  });
  const body = rows.map((row) => element('tr', {}, row.map((cell, column) => {
    const kind = [].concat(headings[column])[1] || 'text';
    return element('td', { class: kind }, cell instanceof Node ? cell : String(cell));
  })));
  return element('div', { class: 'scroll', tabindex: '0' },
    element('table', {}, element('thead', {}, element('tr', {}, head)), element('tbody', {}, body)));
}

// A card; its title may have a note that changes.
function section(title, ...content) {
  const [name, note] = [].concat(title);
  const made = element('section', { class: 'section card', 'data-name': name }, element('h2', {}, `${name}${note || ''}`), ...content);
  for (const inner of made.querySelectorAll('.scroll, .records')) inner.setAttribute('aria-label', name);
  return made;
}

// An error behind its last line, which says what it is.
function failure(label, text) {
  const last = text.trim().split('\n').pop();
  return element('details', {}, element('summary', { 'aria-label': `${label}: ${last}`, 'data-label': label }, last), element('pre', {}, text));
}

// The same thing in the content before and after a change.
function keyOf(node) {
  const within = node.closest('[data-name]');
  const own = node.dataset.label || node.getAttribute('href') || node.getAttribute('aria-label') || node.className;
  return `${within ? within.dataset.name : ''} ${own}`;
}

// Puts new content into `holder`, in which people may be reading: what is scrolled and what is open
// stays so, and what has the focus keeps it, or the table around it if it is gone. A selection is
// left alone until the next change.
function renew(holder, ...content) {
  const selected = getSelection();
  if (!selected.isCollapsed && holder.contains(selected.anchorNode)) return;
  const all = (what) => [...holder.querySelectorAll(what)];
  const scrolled = new Map(all('[tabindex]').map((node) => [keyOf(node), [node.scrollLeft, node.scrollTop]]));
  const opened = new Set(all('details[open] > summary').map(keyOf));
  const focus = holder.contains(document.activeElement) ? document.activeElement : null;
  const around = focus && focus.closest('[tabindex]');
  const wanted = [focus, around].filter((node) => node).map(keyOf);
  holder.replaceChildren(...content);
  for (const node of all('[tabindex]')) [node.scrollLeft, node.scrollTop] = scrolled.get(keyOf(node)) || [0, 0];
  for (const node of all('details > summary')) node.parentNode.open = opened.has(keyOf(node));
  const places = wanted.length ? all('a, button, summary, [tabindex]') : [];
  const again = wanted.map((key) => places.find((place) => keyOf(place) === key)).find((place) => place);
  if (again) again.focus({ preventScroll: true });
}

const N = 'number';

function batchRows(batches, interval, pin) {
  return batches.map((batch) => {
    const failed = batch.numFailedOutputOps;
    const done = `${batch.numCompletedOutputOps}/${batch.numTotalOutputOps}`;
    const outputs = element('span', { class: failed ? 'bad' : null },
      failed ? `${done} (${failed} failed)` : done);
    const at = timeOf(batch.batchId, interval);
    const pinned = element('button', { type: 'button', class: 'pin', 'aria-label': `Pin the batch at ${at}` }, 'Pin');
    pinned.addEventListener('click', () => pin(batch.batchId));
    return [
      element('span', { class: 'batch' }, element('a', { href: `${pages}batch/?id=${batch.batchId}` }, at), ' ', pinned),
      count(batch.inputSize), bytes(batch.inputBytes), millis(batch.schedulingDelay),
      millis(batch.processingTime), millis(batch.totalDelay), outputs,
    ];
  });
}

const BATCH_COLUMNS = ['Batch time', ['Records', N], ['Bytes', N], ['Scheduling delay', N],
  ['Processing time', N], ['Total delay', N], ['Outputs: succeeded/total', N]];

// ---- charts ------------------------------------------------------------------------------

const CHARTS = [
  { name: 'Input rate', unit: (n) => `${count(n)} records/s`, tick: short, of: (b, s) => b.inputSize / s, average: 'avgInputRate' },
  { name: 'Scheduling delay', unit: millis, of: (b) => b.schedulingDelay, average: 'avgSchedulingDelay' },
  { name: 'Processing time', unit: millis, of: (b) => b.processingTime, average: 'avgProcessingTime' },
  { name: 'Total delay', unit: millis, of: (b) => b.totalDelay, average: 'avgTotalDelay' },
];

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function axis(extra) {
  return { stroke: color('--dim'), grid: { stroke: color('--line'), width: 1 }, font: '11px system-ui', ...extra };
}

// Times of day in one row, and days where ticks are that far apart: a date below them would be cut
// at the edge of a narrow card.
function clock(seconds, step) {
  const at = new Date(seconds * 1000);
  const two = (n) => String(n).padStart(2, '0');
  if (step >= 86400) return `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (step >= 60) return minutes;
  if (step >= 1) return `${minutes}:${two(at.getSeconds())}`;
  return `:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

const TIMES = { space: 64, values: (_, ticks, place, space, step) => ticks.map((tick) => clock(tick, step)) };

// Room for half of the last label.
const PADDING = [null, 28, null, null];

function width(holder) {
  return Math.max(100, holder.clientWidth);
}

// A plot is as wide as its holder, whenever that gets another width: a card that is added makes
// those before it narrower.
function fitted(plot, holder, height) {
  new ResizeObserver(() => plot.setSize({ width: width(holder), height })).observe(holder);
  return plot;
}

// A line at the batch that is pinned, if the plot has it.
function mark(plot, epoch) {
  const [low, high] = [plot.scales.x.min, plot.scales.x.max];
  if (!epoch || epoch / 1000 < low || epoch / 1000 > high) return;
  const at = Math.round(plot.valToPos(epoch / 1000, 'x', true));
  plot.ctx.fillStyle = color('--text');
  plot.ctx.fillRect(at, plot.bbox.top, devicePixelRatio, plot.bbox.height);
}

function line(holder, chart, marked) {
  return fitted(new uPlot({
    hooks: { draw: [(plot) => mark(plot, marked && marked())] },
    width: width(holder), height: 110, padding: PADDING, legend: { show: false }, cursor: { y: false },
    series: [{}, { stroke: color('--blue'), width: 1.5, fill: `${color('--blue')}22` }],
    axes: [axis({ size: 24, ...TIMES }), axis({ size: 62, values: (_, ticks) => ticks.map((n) => (chart.tick || chart.unit)(n)) })],
    scales: { y: { range: (_, low, high) => [0, Math.max(high, 1)] } },
  }, [[], []], holder), holder, 110);
}

function bars(holder) {
  return fitted(new uPlot({
    width: width(holder), height: 80, legend: { show: false }, cursor: { show: false },
    series: [{}, { stroke: color('--blue'), fill: `${color('--blue')}88`, paths: uPlot.paths.bars({ size: [0.9, 60] }), points: { show: false } }],
    axes: [axis({ size: 24, values: (_, ticks) => ticks.map(short) }), axis({ size: 62 })],
    scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(high, 1)] } },
  }, [[], []], holder), holder, 80);
}

function histogram(values) {
  const known = values.filter((value) => value !== undefined && value !== null);
  const most = Math.max(1, ...known);
  const buckets = 20;
  const size = most / buckets;
  const counts = new Array(buckets).fill(0);
  for (const value of known) counts[Math.min(buckets - 1, Math.floor(value / size))] += 1;
  return [counts.map((_, bucket) => (bucket + 0.5) * size), counts];
}

// ---- the page of a run -------------------------------------------------------------------

function runPage(api) {
  const main = byId('main');
  let pinned = Number((location.hash.match(/^#batch=(\d+)$/) || [])[1]) || null;
  const verdict = element('p', { class: 'verdict', role: 'status' });
  const follow = element('button', { type: 'button', id: 'follow' });
  const earlier = element('button', { type: 'button', id: 'earlier' }, 'Earlier batch');
  const later = element('button', { type: 'button', id: 'later' }, 'Later batch');
  const cards = element('div', { class: 'cards' });
  const tables = element('div', {});
  const browser = stateBrowser(api);
  const checkpoints = checkpointCharts();
  const detail = batchDetail(api);
  main.replaceChildren(verdict, element('div', { class: 'tools wrap' }, follow, earlier, later), cards, detail.section, tables, checkpoints.section, browser.section);

  const charts = CHARTS.map((chart) => {
    const now = element('span', { class: 'now' }, '–');
    const average = element('span', { class: 'average' });
    const holder = element('div', { class: 'plot', role: 'img', 'aria-label': `${chart.name} over time` });
    const below = element('div', { class: 'plot', role: 'img', 'aria-label': `${chart.name}, histogram` });
    cards.append(element('section', { class: 'card' }, element('h2', {}, chart.name), now, average, holder, below));
    const made = { chart, now, average, holder, below, line: line(holder, chart, () => pinned), bars: bars(below) };
    // The batch below the cursor.
    holder.addEventListener('click', () => {
      const at = made.line.cursor.idx;
      if (at !== null && at !== undefined) pinAndGo(Math.round(made.line.data[0][at] * 1000));
    });
    return made;
  });

  const batches = new Map();
  let shown = null;

  function newestBatch() {
    return Math.max(...batches.keys());
  }

  // The batch whose detail stays until the newest one is followed again; part of the address, so
  // that it outlives the page.
  function pin(batch) {
    pinned = batch;
    const hash = pinned ? `#batch=${pinned}` : location.pathname;
    history.replaceState(null, '', hash);
    if (shown) draw(shown);
  }

  // From elsewhere on the page: to where the batch is shown.
  function pinAndGo(batch) {
    pin(batch);
    follow.focus();
  }

  // The neighbour of the batch that is shown, among those that have completed.
  function step(before) {
    const from = pinned || newestBatch();
    const ids = [...batches.keys()].filter((id) => (before ? id < from : id > from));
    if (ids.length) pin(before ? Math.max(...ids) : Math.min(...ids));
  }

  earlier.addEventListener('click', () => step(true));
  later.addEventListener('click', () => step(false));

  follow.addEventListener('click', () => {
    if (pinned) pin(null);
    else if (batches.size) pin(newestBatch());
  });

  function keep(completed) {
    for (const batch of completed) batches.set(batch.batchId, batch);
    if (batches.size > MOST_BATCHES) {
      const ids = [...batches.keys()].sort((a, b) => a - b);
      for (const id of ids.slice(0, batches.size - MOST_BATCHES)) batches.delete(id);
    }
  }

  function draw(overview) {
    shown = overview;
    const run = overview.run;
    const statistics = overview.statistics;
    const interval = run.batchDuration;
    byId('title').textContent = run.name || run.id;
    document.title = `${run.name || run.id} – millrace`;
    const until = run.endTimeEpoch || Math.max(run.lastUpdatedEpoch, run.startTimeEpoch);
    const since = run.streamingSinceEpoch || run.startTimeEpoch;
    byId('subtitle').textContent = `batches of ${millis(interval)} for ${millis(until - since)} since ${timeOf(since, 1000)} ` +
      `(${count(statistics.numTotalCompletedBatches)} completed batches, ${count(statistics.numProcessedRecords)} records, ` +
      `${bytes(overview.totals.processedBytes)}), master ${run.master}`;
    verdict.className = `verdict ${overview.verdict.state}`;
    // Read out when it changes, and not four times a second.
    if (verdict.textContent !== overview.verdict.text) verdict.textContent = overview.verdict.text;

    const ordered = [...batches.values()].sort((a, b) => a.batchId - b.batchId);
    const times = ordered.map((batch) => batch.batchId / 1000);
    const last = ordered[ordered.length - 1];
    for (const card of charts) {
      const values = ordered.map((batch) => {
        const value = card.chart.of(batch, interval / 1000);
        return value === undefined ? null : value;
      });
      card.now.textContent = last ? card.chart.unit(card.chart.of(last, interval / 1000)) : '–';
      const average = statistics[card.chart.average];
      card.average.textContent = average === undefined ? '' : `average ${card.chart.unit(average)}`;
      card.line.setData([times, values]);
      card.bars.setData(histogram(values));
    }
    follow.setAttribute('aria-pressed', String(!pinned));
    follow.textContent = pinned ? `Pinned: the batch at ${timeOf(pinned, interval)}. Follow the newest` : 'Following the newest batch. Pin it';
    if (pinned || batches.size) detail.show(pinned || newestBatch(), Boolean(pinned), interval);
    browser.update(overview);
    checkpoints.update(overview, interval);
    renew(tables, ...sections(overview, ordered));
    byId('foot').textContent = `millrace ${run.version}, run ${run.id}` +
      (overview.totals.droppedEvents ? `, ${count(overview.totals.droppedEvents)} events were dropped` : '');
  }

  function sections(overview, ordered) {
    const interval = overview.run.batchDuration;
    const result = [];
    const streams = overview.streams.map((stream) => [
      stream.streamSource ? `${stream.streamName}: ${stream.streamSource}` : stream.streamName,
      stream.isActive === undefined ? '–' : element('span', { class: stream.isActive ? 'good' : 'bad' }, stream.isActive ? 'active' : 'inactive'),
      stream.executorHost || '–', `${count(stream.avgEventRate)} records/s`,
      stream.restarts === undefined ? '–' : count(stream.restarts),
      stream.lastErrorMessage ? `${stream.lastErrorTime} ${stream.lastErrorMessage}` : '–',
    ]);
    if (streams.length) {
      result.push(section('Inputs', table(['Stream', 'State', 'Place', ['Rate', N], ['Restarts', N], 'Last error'], streams)));
    }
    const outputs = overview.outputs.map((output) => [
      output.outputOpId, output.name, count(output.succeeded),
      element('span', { class: output.failed ? 'bad' : null }, count(output.failed)),
      millis(output.avgDuration),
      output.lastFailure ? failure(`Last failure of output ${output.outputOpId}`, output.lastFailure) : '–',
    ]);
    if (outputs.length) {
      result.push(section('Outputs', table([['Id', N], 'Output', ['Succeeded', N], ['Failed', N], ['Average time', N], 'Last failure'], outputs)));
    }
    for (const output of overview.outputs.filter((output) => output.lastRecords)) {
      const { batchId, lines } = output.lastRecords;
      result.push(section(`Last records of output ${output.outputOpId}, ${output.name}`,
        element('p', { class: 'dim' }, `Batch ${timeOf(batchId, interval)}`),
        element('pre', { class: 'records', tabindex: '0' }, lines.join('\n') || '(no records)')));
    }
    const memory = overview.memory;
    if (memory) {
      result.push(section('Memory', table(['', ['Bytes', N], ['Limit', N]], [
        ['Received and not yet combined', bytes(memory.receivedBytes), bytes(memory.receivedBytesLimit)],
        ['Keys and values of state and windows, as they are written down (estimate)', bytes(memory.stateBytes), '–'],
        ['The whole process', bytes(memory.residentBytes), '–'],
      ]), element('p', { class: memory.slowedPercent >= 5 ? 'bad' : 'dim' }, memory.slowedPercent >= 5
        ? `Senders are being slowed: receivers waited for ${memory.slowedPercent} % of the last batches' time.`
        : `Receivers have waited for ${millis(memory.waitedMillis)} since the start.`)));
    }
    for (const [title, list] of [['Running batches', overview.running], ['Waiting batches', overview.waiting]]) {
      const all = title === 'Waiting batches' ? overview.statistics.numActiveBatches - overview.running.length : list.length;
      if (list.length) result.push(section([title, ` (${count(all)})`], table(BATCH_COLUMNS, batchRows(list.slice(0, ROWS), interval, pinAndGo))));
    }
    const completed = ordered.slice(-ROWS).reverse();
    const total = overview.statistics.numTotalCompletedBatches;
    result.push(section(['Completed batches', ` (last ${completed.length} of ${count(total)})`],
      table(BATCH_COLUMNS, batchRows(completed, interval, pinAndGo))));
    return result;
  }

  async function take(overview) {
    const known = batches.size > 0;
    const ids = overview.completed.map((batch) => batch.batchId);
    const gap = known && ids.length > 0 && !ids.some((id) => batches.has(id));
    if (!known || gap) {
      keep(await json(`${api}/batches?status=COMPLETED`));
    }
    keep(overview.completed);
    // Nobody sees a page in a tab behind others.
    if (shown && document.hidden) shown = overview;
    else draw(overview);
  }

  document.addEventListener('visibilitychange', () => { if (shown && !document.hidden) draw(shown); });

  // Overviews that come faster than they are drawn are passed over: the newest counts.
  let next = null;
  let busy = false;

  async function takeNewest() {
    if (busy) return;
    busy = true;
    while (next) {
      const data = next;
      next = null;
      await take(JSON.parse(data)).catch(() => {});
      // Messages that wait come first.
      await new Promise((done) => { setTimeout(done, 0); });
    }
    busy = false;
  }

  function say(text) {
    verdict.className = 'verdict lost';
    verdict.textContent = text;
  }

  function listen() {
    const source = new EventSource(`${api}/events`);
    // The server ends a connection that is old, and the browser makes another one: nobody is gone
    // until that fails.
    let failed = 0;
    source.addEventListener('open', () => { failed = 0; });
    source.addEventListener('message', (event) => {
      next = event.data;
      takeNewest();
    });
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED) {
        failed += 1;
        if (shown && failed > 1) say('The program does not answer any more. This page tries again by itself; the figures are the last ones.');
        return;
      }
      // Somebody answers, and refuses: another program, or one that has too many pages open.
      say('The program sends no changes: too many pages may be open. This page tries again by itself.');
      setTimeout(again, AGAIN);
    });
  }

  async function again() {
    try {
      // A program that was started again has another run.
      if (!history_ && await apiOfRun() !== api) return location.reload();
    } catch (error) {
      return setTimeout(again, AGAIN);
    }
    return listen();
  }

  listen();
}

// ---- checkpoints -------------------------------------------------------------------------

const CHECKPOINTS = [
  { name: 'Bytes', unit: bytes, of: (c) => c.bytes },
  { name: 'Write', unit: millis, of: (c) => c.writeMillis },
  { name: 'Sync', unit: millis, of: (c) => c.syncMillis },
];

// The last sixty checkpoints as lines; nothing of a run that has none.
function checkpointCharts() {
  const title = element('h2', {}, 'Checkpoints');
  const cards = element('div', { class: 'cards inner' });
  const whole = element('section', { class: 'section card', hidden: '' }, title, cards);
  let charts = null;

  function make() {
    whole.removeAttribute('hidden');
    return CHECKPOINTS.map((chart) => {
      const now = element('span', { class: 'now' }, '–');
      const holder = element('div', { class: 'plot', role: 'img', 'aria-label': `${chart.name} of checkpoints over time` });
      cards.append(element('div', {}, element('h2', {}, chart.name), now, holder));
      return { chart, now, holder, line: line(holder, chart) };
    });
  }

  function update(overview) {
    const list = overview.checkpoints;
    if (!list.length) return;
    charts = charts || make();
    const last = list[list.length - 1];
    const age = Math.max(0, overview.run.lastUpdatedEpoch - last.batchId);
    title.textContent = `Checkpoints (${bytes(overview.totals.checkpointedBytes)} written, the last one is ${millis(age)} old)`;
    const times = list.map((checkpoint) => checkpoint.batchId / 1000);
    for (const { chart, now, line } of charts) {
      now.textContent = chart.unit(chart.of(last));
      line.setData([times, list.map(chart.of)]);
    }
  }

  return { section: whole, update };
}

// ---- state -------------------------------------------------------------------------------

// The stores with their figures, and what a running program keeps for a key.
function stateBrowser(api) {
  const figures = element('div', {});
  const store = element('select', { 'aria-label': 'Store' });
  const text = element('input', { type: 'search', 'aria-label': 'Key or beginning of a key', placeholder: 'key or its beginning', autocomplete: 'off' });
  const kind = element('select', { 'aria-label': 'Kind of search' },
    element('option', { value: 'top' }, 'greatest values'), element('option', { value: 'prefix' }, 'keys that begin so'),
    element('option', { value: 'key' }, 'this key'));
  const live = element('input', { type: 'checkbox', id: 'live' });
  const look = element('button', { type: 'button', id: 'look' }, 'Look');
  const found = element('div', { id: 'found', role: 'status' });
  const tools = element('div', { class: 'tools wrap' }, store, kind, text, look,
    element('label', { for: 'live' }, live, ' after every batch'));
  const whole = element('section', { class: 'section card', id: 'state', hidden: '' },
    element('h2', {}, 'State and windows'), figures, tools, found);
  let known = 0;
  let asking = false;

  function query() {
    const wanted = encodeURIComponent(text.value);
    if (kind.value === 'key') return `key=${wanted}`;
    return kind.value === 'top' ? `top=20&prefix=${wanted}` : `limit=20&prefix=${wanted}`;
  }

  async function ask() {
    if (asking) return;
    asking = true;
    try {
      const answer = await json(`${api}/state/${store.value || 0}?${query()}`);
      const records = answer.records || [answer];
      const rows = records.map((record) => [
        typeof record.key === 'string' ? record.key : JSON.stringify(record.key), JSON.stringify(record.value),
      ]);
      const note = answer.records
        ? `${count(answer.keysLookedAt)} keys were looked at${answer.complete ? '' : '; the time was not enough for all of them'}.`
        : '';
      renew(found, table(['Key', 'Value'], rows), element('p', { class: 'dim' }, note));
    } catch (error) {
      found.replaceChildren(element('p', { class: 'dim' }, error.message));
    } finally {
      asking = false;
    }
  }

  look.addEventListener('click', ask);
  text.addEventListener('keydown', (event) => { if (event.key === 'Enter') ask(); });

  function update(overview) {
    const stores = overview.state || [];
    if (!stores.length) return;
    whole.removeAttribute('hidden');
    tools.hidden = !overview.answersAboutState;
    renew(figures, table(['Store', 'Operator', ['Keys', N], ['Bytes (estimate)', N], ['Growth', N]], stores.map((one) => [
      `${one.storeId}, ${one.name}`, one.operator, count(one.keys), bytes(one.bytes), `${count(one.keysPerSecond)} keys/s`,
    ])));
    if (known !== stores.length) {
      known = stores.length;
      store.replaceChildren(...stores.map((one) => element('option', { value: one.storeId }, `${one.name} of ${one.operator}`)));
    }
    if (live.checked && overview.answersAboutState) ask();
  }

  return { section: whole, update };
}

// ---- one batch ---------------------------------------------------------------------------

async function batchOf(api, id) {
  const path = `${api}/batches/${encodeURIComponent(id)}`;
  const [batch, operations] = await Promise.all([json(path), json(`${path}/operations`)]);
  return { batch, operations };
}

function factsOf(batch) {
  return table(['', ''], [
    ['Status', batch.status.toLowerCase()], ['Batch duration', millis(batch.batchDuration)],
    ['Input', `${count(batch.inputSize)} records, ${bytes(batch.inputBytes)}`],
    ['Scheduling delay', millis(batch.schedulingDelay)], ['Processing time', millis(batch.processingTime)],
    ['Total delay', millis(batch.totalDelay)],
  ]);
}

function operationsOf(operations) {
  return table([['Id', N], 'Output', ['Duration', N], 'Status', 'Error'], operations.map((output) => [
    output.outputOpId, output.name, millis(output.duration),
    element('span', { class: output.failureReason ? 'bad' : 'good' },
      output.failureReason ? 'failed' : output.endTime ? 'succeeded' : 'not done'),
    output.failureReason ? failure(`Error of output ${output.outputOpId}`, output.failureReason) : '–',
  ]));
}

function inputsOf(batch) {
  return table([['Id', N], 'Input', ['Records', N], ['Bytes', N]], batch.inputs.map((input) => [
    input.streamId, element('pre', { class: 'plain' }, input.metadataDescription || '–'), count(input.inputSize), bytes(input.inputBytes),
  ]));
}

// The batch that is pinned, or the newest one. A pinned batch stays when the server has let go
// of it.
function batchDetail(api) {
  const title = element('h2', {});
  const content = element('div', {});
  const whole = element('section', { class: 'section card', id: 'detail', hidden: '' }, title, content);
  // The batch that is to be shown, the one that is, and whether the latter will not change.
  let wanted = { id: null, heading: '' };
  let there = null;
  let settled = false;
  let busy = false;

  // Title and content change together; of batches that are wanted meanwhile the last one counts.
  async function load() {
    if (busy) return;
    busy = true;
    for (let id = null; id !== wanted.id;) {
      let { heading } = wanted;
      id = wanted.id;
      let made = null;
      try {
        const { batch, operations } = await batchOf(api, id);
        settled = batch.status === 'COMPLETED';
        made = [factsOf(batch), element('div', {}, operationsOf(operations), inputsOf(batch))];
      } catch (error) {
        settled = false;
        if (there !== id) made = [element('p', { class: 'dim' }, error.message)];
      }
      if (made) renew(content, ...made);
      there = id;
      // It may have been pinned meanwhile.
      if (wanted.id === id) heading = wanted.heading;
      title.textContent = heading;
    }
    busy = false;
  }

  function show(id, pinned, interval) {
    whole.removeAttribute('hidden');
    wanted = { id, heading: `${pinned ? 'Pinned' : 'Newest'} batch: ${timeOf(id, interval)}` };
    if (there === id && settled) title.textContent = wanted.heading;
    else load();
  }

  return { section: whole, show };
}

async function batchPage(api) {
  const main = byId('main');
  const id = new URLSearchParams(location.search).get('id');
  if (!id) throw new Error('Missing id parameter');
  const { batch, operations } = await batchOf(api, id);
  const at = timeOf(batch.batchId, batch.batchDuration);
  byId('title').textContent = `Details of batch at ${at}`;
  document.title = `Batch at ${at} – millrace`;
  main.replaceChildren(
    element('p', {}, element('a', { href: pages }, 'All batches')),
    section('Batch', factsOf(batch)),
    section('Inputs', inputsOf(batch)),
    section('Output operations', operationsOf(operations)),
  );
  if (batch.status !== 'COMPLETED') setTimeout(() => batchPage(api).catch(() => {}), AGAIN);
}

// ---- the index of runs -------------------------------------------------------------------

async function indexPage() {
  byId('title').textContent = 'Runs';
  const runs = await json('/api/v1/applications');
  const rows = runs.map((run) => {
    const attempt = run.attempts[0];
    return [
      element('a', { href: `/history/${encodeURIComponent(run.id)}/streaming/` }, run.id), run.name,
      timeOf(attempt.startTimeEpoch, 1000),
      attempt.completed ? timeOf(attempt.endTimeEpoch, 1000) : 'running, or killed',
      attempt.completed ? millis(attempt.duration) : '–',
    ];
  });
  byId('main').replaceChildren(rows.length
    ? section('Event logs', table(['Run', 'Name', 'Started', 'Ended', ['Duration', N]], rows))
    : element('p', {}, 'There is no event log in this directory yet.'));
}

// ------------------------------------------------------------------------------------------

async function start() {
  if (path === '/') return indexPage();
  const api = await apiOfRun();
  return /\/batch\/?$/.test(path) ? batchPage(api) : runPage(api);
}

start().catch((error) => {
  byId('main').replaceChildren(element('p', { class: 'verdict falls_behind', role: 'alert' }, error.message));
});
