// An animated GIF: 216 colours and greys in one palette, and LZW.

/** The palette: 6×6×6 colours, then 40 greys; and the nearest entry of a colour. */
const gifPalette = Uint8Array.from([
  ...[...Array(216).keys()].flatMap(i => [51 * Math.floor(i / 36), 51 * (Math.floor(i / 6) % 6), 51 * (i % 6)]),
  ...[...Array(40).keys()].flatMap(i => Array(3).fill(Math.round(255 * i / 39)))]);

function gifColour(red, green, blue) {
  return red === green && green === blue
    ? 216 + Math.round(39 * red / 255)
    : 36 * Math.round(red / 51) + 6 * Math.round(green / 51) + Math.round(blue / 51);
}

/** LZW with codes of 9 to 12 bits, in blocks of at most 255 bytes. */
function gifCodes(indices) {
  const bytes = [], clear = 256, end = 257;
  let bits = 0, held = 0, size = 9, table = new Map(), next = 258;
  const emit = code => {
    held |= code << bits;
    bits += size;
    for (; bits >= 8; bits -= 8, held >>>= 8) bytes.push(held & 255);
  };
  emit(clear);
  let prefix = indices[0];
  for (let i = 1; i < indices.length; i++) {
    const key = prefix * 256 + indices[i], known = table.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    emit(prefix);
    if (next === 4096) {
      emit(clear);
      table = new Map();
      next = 258;
      size = 9;
    } else {
      table.set(key, next++);
      if (next > 1 << size && size < 12) size++;
    }
    prefix = indices[i];
  }
  emit(prefix);
  emit(end);
  if (bits > 0) bytes.push(held & 255);
  const blocks = [8];
  for (let at = 0; at < bytes.length; at += 255) blocks.push(Math.min(255, bytes.length - at), ...bytes.slice(at, at + 255));
  return [...blocks, 0];
}

/** A GIF of frames, canvases of one size, with the delay of each in hundredths of a second. It repeats for ever. */
function gif(frames) {
  const { width, height } = frames[0].canvas, word = n => [n & 255, n >> 8];
  const parts = [Uint8Array.from([...'GIF89a'].map(c => c.charCodeAt(0))), Uint8Array.from([...word(width), ...word(height), 0xf7, 0, 0]), gifPalette,
    Uint8Array.from([0x21, 0xff, 11, ...[...'NETSCAPE2.0'].map(c => c.charCodeAt(0)), 3, 1, 0, 0, 0])];
  for (const { canvas, delay } of frames) {
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height), indices = new Uint8Array(width * height);
    for (let i = 0; i < indices.length; i++) indices[i] = gifColour(data[4 * i], data[4 * i + 1], data[4 * i + 2]);
    const head = [0x21, 0xf9, 4, 4, ...word(delay), 0, 0, 0x2c, 0, 0, 0, 0, ...word(width), ...word(height), 0];
    parts.push(Uint8Array.from(head), Uint8Array.from(gifCodes(indices)));
  }
  return new Blob([...parts, Uint8Array.of(0x3b)], { type: 'image/gif' });
}
