using System.Buffers.Binary;
using Viddhana.Contracts;

namespace Viddhana.Core.Algorithms;

/// <summary>The twin of <c>native/shares.c</c>: one share after another, in plain steps.</summary>
internal static unsafe class ManagedShares
{
    private const int HashWords = Sha256.StateWords;
    private const uint PaddingMark = 0x80000000;

    /// <summary>See <see cref="ShareKernels.Hash"/>.</summary>
    public static void Hash(ReadOnlySpan<KernelShare> shares, Span<byte> headers, Span<byte> hashes)
    {
        Span<uint> state = stackalloc uint[HashWords];
        Span<byte> header = stackalloc byte[ShareKernels.HeaderSize];
        for (var i = 0; i < shares.Length; i++)
        {
            HashCoinbase(state, shares[i]);
            Climb(state, JobOf(shares[i]));
            WriteHeader(state, shares[i], header);
            if (!headers.IsEmpty) header.CopyTo(headers[(i * header.Length)..]);
            if (!hashes.IsEmpty) Sha256.HashTwice(header, hashes.Slice(i * Sha256d.HashSize, Sha256d.HashSize));
        }
    }

    // Safety: the kernels' input is laid out by CoinbaseWords and JobWords, which give these sizes, and is alive during the call.
    private static ReadOnlySpan<uint> WorkOf(in KernelShare share) =>
        new(share.Work, CoinbaseWords.TailAt + ((int)share.Work[CoinbaseWords.BlocksAt] * Sha256.BlockWords));

    private static ReadOnlySpan<uint> JobOf(in KernelShare share)
    {
        var job = *(uint**)share.Work;
        return new(job, JobWords.BranchesAt + ((int)job[0] * HashWords));
    }

    private static void HashCoinbase(Span<uint> state, in KernelShare share)
    {
        var work = WorkOf(share);
        Span<byte> extranonces = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(extranonces, share.Extranonce1);
        BinaryPrimitives.WriteUInt64LittleEndian(extranonces[4..], share.Extranonce2);

        work.Slice(CoinbaseWords.MidstateAt, HashWords).CopyTo(state);
        var tail = work[CoinbaseWords.TailAt..];
        Span<uint> block = stackalloc uint[Sha256.BlockWords];
        for (var at = 0; at < tail.Length; at += Sha256.BlockWords)
        {
            tail.Slice(at, Sha256.BlockWords).CopyTo(block);
            Lay(extranonces, block, (int)work[CoinbaseWords.HoleAt] - (4 * at));
            Sha256.Mix(state, block);
        }

        HashAgain(state);
    }

    // Lays those bytes that fall into the block over it; the first belongs to byte `from`.
    private static void Lay(ReadOnlySpan<byte> bytes, Span<uint> block, int from)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            var at = from + i;
            if (at >= 0 && at < 4 * block.Length) block[at / 4] |= (uint)bytes[i] << (24 - (at % 4 * 8));
        }
    }

    private static void Climb(Span<uint> state, ReadOnlySpan<uint> job)
    {
        Span<uint> block = stackalloc uint[Sha256.BlockWords];
        for (var branches = job[JobWords.BranchesAt..]; !branches.IsEmpty; branches = branches[HashWords..])
        {
            state.CopyTo(block);
            branches[..HashWords].CopyTo(block[HashWords..]);
            Sha256.Begin(state);
            Sha256.Mix(state, block);

            block.Clear();
            block[0] = PaddingMark;
            block[^1] = 2 * Sha256d.HashSize * 8;
            Sha256.Mix(state, block);
            HashAgain(state);
        }
    }

    // The second hash of a SHA-256d: the digest is the message.
    private static void HashAgain(Span<uint> state)
    {
        Span<uint> block = stackalloc uint[Sha256.BlockWords];
        block.Clear();
        state.CopyTo(block);
        block[HashWords] = PaddingMark;
        block[^1] = Sha256d.HashSize * 8;
        Sha256.Begin(state);
        Sha256.Mix(state, block);
    }

    private static void WriteHeader(ReadOnlySpan<uint> root, in KernelShare share, Span<byte> header)
    {
        var job = JobOf(share);
        BinaryPrimitives.WriteUInt32LittleEndian(header, share.Version);
        WriteWords(job.Slice(JobWords.PrevHashAt, HashWords), header[4..]);
        WriteWords(root, header[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[68..], share.Ntime);
        BinaryPrimitives.WriteUInt32LittleEndian(header[72..], job[1]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[76..], share.Nonce);
    }

    private static void WriteWords(ReadOnlySpan<uint> words, Span<byte> bytes)
    {
        for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(bytes[(4 * i)..], words[i]);
    }
}
