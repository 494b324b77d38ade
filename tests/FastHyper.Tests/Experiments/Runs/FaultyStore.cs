using FastHyper.Files;

namespace FastHyper.Tests.Experiments.Runs;

/// <summary>What a killed process would have done next, had it lived.</summary>
internal sealed class Killed : Exception;

/// <summary>One thing that was done to the disk.</summary>
/// <param name="Verb">What: create, append, write, flush, move, delete or truncate.</param>
/// <param name="File">Name of the file.</param>
/// <param name="Bytes">Bytes of a write.</param>
internal readonly record struct DiskStep(string Verb, string File, int Bytes);

/// <summary>
/// The disk until a fault: either the process is killed, from where on nothing is done any more, whatever cleans up; or the disk is full,
/// from where on nothing can be written, but all else goes on.
/// </summary>
internal sealed class FaultyStore : FileStore
{
    private readonly int _killedAt;
    private readonly long _capacity;
    private long _written;
    private bool _isDead;

    private FaultyStore(int killedAt, long capacity) => (_killedAt, _capacity) = (killedAt, capacity);

    /// <summary>All that was done, but for what was refused.</summary>
    public List<DiskStep> Steps { get; } = [];

    /// <summary>Bytes written.</summary>
    public long Written => _written;

    /// <summary>No fault.</summary>
    public static FaultyStore Sound() => new(int.MaxValue, long.MaxValue);

    /// <summary>Killed at that step: it is not done, or half of it where it is a write.</summary>
    public static FaultyStore KilledAt(int step) => new(step, long.MaxValue);

    /// <summary>Full after so many bytes.</summary>
    public static FaultyStore FullAfter(long bytes) => new(int.MaxValue, bytes);

    public override Stream Create(string path) => Step("create", path, () => new Watched(this, base.Create(path), path));

    public override Stream Append(string path) => Step("append", path, () => new Watched(this, base.Append(path), path));

    public override void Flush(Stream stream) => Step("flush", ((Watched)stream).Path, () => ((Watched)stream).Inner.Flush());

    public override void Move(string from, string to) => Step("move", to, () => base.Move(from, to));

    public override void Delete(string path) => Step("delete", path, () => base.Delete(path));

    public override void Truncate(string path, long length) => Step("truncate", path, () => base.Truncate(path, length));

    private void Step(string verb, string path, Action act) => Step(verb, path, () =>
    {
        act();
        return 0;
    });

    private T Step<T>(string verb, string path, Func<T> act)
    {
        Take(verb, path, 0);
        return act();
    }

    /// <summary>Takes a step, unless it is the one at which the process is killed.</summary>
    private bool Take(string verb, string path, int bytes)
    {
        if (_isDead || (Steps.Count == _killedAt && bytes == 0))
        {
            _isDead = true;
            throw new Killed();
        }

        Steps.Add(new DiskStep(verb, Path.GetFileName(path), bytes));
        return Steps.Count - 1 < _killedAt;
    }

    private sealed class Watched(FaultyStore store, Stream inner, string path) : Stream
    {
        public Stream Inner => inner;

        public string Path => path;

        public override bool CanRead => inner.CanRead;

        public override bool CanSeek => inner.CanSeek;

        public override bool CanWrite => inner.CanWrite;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => inner.Position = value;
        }

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void SetLength(long value) => inner.SetLength(value);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (buffer.IsEmpty) return;
            if (!store.Take("write", path, buffer.Length))
            {
                Put(buffer[..(buffer.Length / 2)]);
                store._isDead = true;
                throw new Killed();
            }

            int fits = (int)Math.Min(buffer.Length, store._capacity - store._written);
            store._written += fits;
            Put(buffer[..fits]);
            if (fits < buffer.Length) throw new IOException("No space left on device");
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }

        /// <summary>Puts bytes where a killed process leaves them: with the system.</summary>
        private void Put(ReadOnlySpan<byte> bytes)
        {
            inner.Write(bytes);
            inner.Flush();
        }
    }
}
