using System.Buffers;
using System.Net.Security;

namespace Viddhana.Engine.Net;

/// <summary>A TLS connection after its handshake.</summary>
/// <param name="Stream">The stream; owns the socket.</param>
public sealed record TlsWire(SslStream Stream);

/// <summary>
/// A link over TLS. Decryption and encryption run on the thread pool; the loop sees decrypted bytes that are there and is never made to
/// wait. One read and one write are under way at most, each with one rented buffer; an idle link holds none.
/// </summary>
internal sealed class TlsLink : ILink
{
    private const int BufferBytes = 4 << 10;
    private const int LastWordsMs = 2_000;

    private readonly Loop _loop;
    private readonly SslStream _stream;
    private readonly Lock _lock = new();
    private byte[]? _received;
    private int _offset;
    private int _count;
    private bool _isReading;
    private bool _isWriting;
    private bool _watchWrites;
    private bool _failed;
    private bool _closed;

    public TlsLink(Loop loop, TlsWire wire, object owner)
    {
        _loop = loop;
        _stream = wire.Stream;
        Owner = owner;
        StartReading();
    }

    public object Owner { get; }

    public int Receive(Span<byte> into)
    {
        int count;
        bool isLeft;
        lock (_lock)
        {
            if (_closed || _failed) return -1;
            if (_isReading || _count == 0) return 0;

            count = Math.Min(into.Length, _count);
            _received.AsSpan(_offset, count).CopyTo(into);
            _offset += count;
            _count -= count;
            isLeft = _count > 0;
            if (!isLeft) ReturnReceived();
        }

        if (isLeft) _loop.PostReady(this);
        else StartReading();
        return count;
    }

    public int Send(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_closed || _failed) return -1;
            if (_isWriting) return 0;
            _isWriting = true;
        }

        var copy = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(copy);
        var length = bytes.Length;
        _ = Task.Run(() => WriteAsync(copy, length));
        return length;
    }

    /// <summary>Nothing to do: at most one buffer is read ahead, and it waits until the loop takes it.</summary>
    public void WatchReads(bool on)
    {
        if (on && Volatile.Read(ref _count) > 0) _loop.PostReady(this);
    }

    public void WatchWrites(bool on)
    {
        lock (_lock)
        {
            _watchWrites = on;
            if (!on || _isWriting) return;
        }

        _loop.PostReady(this);
    }

    /// <summary>A write under way (the last words) gets a moment to finish.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_closed) return;
            _closed = true;
            if (!_isReading) ReturnReceived();
            if (_isWriting)
            {
                _ = Task.Delay(LastWordsMs).ContinueWith(_ => _stream.Dispose(), TaskScheduler.Default);
                return;
            }
        }

        _stream.Dispose();
    }

    private void StartReading()
    {
        lock (_lock)
        {
            if (_closed || _failed || _isReading) return;
            _isReading = true;
        }

        _ = Task.Run(ReadAsync);
    }

    private async Task ReadAsync()
    {
        int count;
        try
        {
            await _stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);   // waits without a buffer
            _received = ArrayPool<byte>.Shared.Rent(BufferBytes);
            count = await _stream.ReadAsync(_received).ConfigureAwait(false);
        }
        catch (Exception)
        {
            count = 0;   // whatever it was, the link has failed: the loop closes it
        }

        lock (_lock)
        {
            _isReading = false;
            _count = count;
            _failed |= count == 0;
            if (_closed || _failed) ReturnReceived();
        }

        _loop.PostReady(this);
    }

    private async Task WriteAsync(byte[] bytes, int length)
    {
        bool isDone;
        try
        {
            await _stream.WriteAsync(bytes.AsMemory(0, length)).ConfigureAwait(false);
            isDone = true;
        }
        catch (Exception)
        {
            isDone = false;   // as above
        }

        ArrayPool<byte>.Shared.Return(bytes);
        bool tell;
        bool dispose;
        lock (_lock)
        {
            _isWriting = false;
            _failed |= !isDone;
            tell = _watchWrites || _failed;
            dispose = _closed;
        }

        if (dispose) await _stream.DisposeAsync().ConfigureAwait(false);
        else if (tell) _loop.PostReady(this);
    }

    private void ReturnReceived()
    {
        if (_received is not null) ArrayPool<byte>.Shared.Return(_received);
        _received = null;
        _count = 0;
        _offset = 0;
    }
}
