using System.Buffers;

namespace Viddhana.Engine.Node;

/// <summary>
/// Buffers of what nodes answer and are sent. Short ones are the shared pool's. Of those of megabytes a few are kept here: the shared pool
/// would keep one for each thread that ever gave one back, and a new one costs page faults while miners wait for a job, and a collection
/// later.
/// </summary>
internal static class LargeBuffers
{
    /// <summary>Longest that the shared pool is asked for.</summary>
    public const int ShortMax = 256 << 10;

    private const int KeptMost = 3;
    private const int Step = 1 << 20;

    private static readonly byte[]?[] s_kept = new byte[KeptMost][];

    /// <summary>An array of at least <paramref name="size"/> bytes, with anything in it.</summary>
    public static byte[] Rent(int size)
    {
        if (size <= ShortMax) return ArrayPool<byte>.Shared.Rent(size);

        for (var i = 0; i < s_kept.Length; i++)
        {
            // One that has become too short is dropped: answers grow and shrink slowly.
            if (Interlocked.Exchange(ref s_kept[i], null) is { } kept && kept.Length >= size) return kept;
        }

        var room = Math.Min((size + (size / 4L) + Step - 1) / Step * Step, Array.MaxLength);
        return GC.AllocateUninitializedArray<byte>((int)room);
    }

    /// <summary>Gives an array back that nobody reads any more.</summary>
    public static void Return(byte[] buffer)
    {
        if (buffer.Length <= ShortMax)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return;
        }

        for (var i = 0; i < s_kept.Length; i++)
        {
            if (Interlocked.CompareExchange(ref s_kept[i], buffer, null) is null) return;
        }
    }
}
