using System.Buffers;

namespace Viddhana.Core.Stratum;

/// <summary>Outgoing bytes of one connection, gathered until the next send. Grows by doubling; the owner bounds what may wait.</summary>
public sealed class FrameBuffer : IBufferWriter<byte>
{
    private byte[] _bytes;
    private int _count;

    /// <summary>Starts with room for <paramref name="capacity"/> bytes.</summary>
    public FrameBuffer(int capacity = 512) => _bytes = new byte[capacity];

    /// <summary>Bytes written and not cleared.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _count);

    /// <summary>The same as memory, for asynchronous sends.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _count);

    /// <summary>Number of bytes written.</summary>
    public int Count => _count;

    /// <summary>Bytes allocated.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _count += bytes.Length;
    }

    /// <summary>Forgets what was written; keeps the array.</summary>
    public void Clear() => _count = 0;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        Check.That(count >= 0 && _count + count <= _bytes.Length);
        _count += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_count);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_count);
    }

    private void Reserve(int size)
    {
        var needed = _count + Math.Max(size, 1);
        if (needed <= _bytes.Length) return;
        Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
    }
}
