using System.Text;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;

namespace Viddhana.Core.Stratum.V1;

/// <summary>mining.configure (BIP 310).</summary>
public sealed partial class V1Session
{
    /// <summary>Extensions in one request.</summary>
    public const int ExtensionsMax = 16;

    private void Configure(in V1Reader request, FrameBuffer output, Now now)
    {
        var names = request.Raw(request.Param(0));
        if (request.Param(0).Kind != V1Kind.Array || request.Param(1).Kind != V1Kind.Object || !AreExtensions(names))
        {
            AnswerError(request, output, "null"u8, "[20,\"Malformed configure\",null]"u8);
            return;
        }

        var hadMask = _hasVersionRolling ? _toldMask : 0;
        var answer = new FrameBuffer(128);
        var options = request.Raw(request.Param(1));
        var reader = new V1Reader(names);
        while (reader.TryNextValue(out var name))
        {
            if (IsRepeated(names, name)) continue;
            answer.Write(answer.Count == 0 ? "{"u8 : ","u8);
            Extend(new V1Reader(names), name, options, answer, now);
        }

        answer.Write("}"u8);
        Answer(request, output, answer.Written);
        FollowDifficulty(output, now);
        if (_job is not null && hadMask != _toldMask) SendNewVariant(output, now);
    }

    private static bool AreExtensions(ReadOnlySpan<byte> names)
    {
        var count = 0;
        var reader = new V1Reader(names);
        while (reader.TryNextValue(out var name))
            if (name.Kind != V1Kind.String || ++count > ExtensionsMax) return false;

        return count > 0;
    }

    private static bool IsRepeated(ReadOnlySpan<byte> names, V1Value name)
    {
        var reader = new V1Reader(names);
        while (reader.TryNextValue(out var other) && other.Start < name.Start)
            if (reader.Raw(other).SequenceEqual(reader.Raw(name))) return true;

        return false;
    }

    // One key for each extension; an unknown one is refused by false, not by an error.
    private void Extend(in V1Reader names, V1Value name, ReadOnlySpan<byte> options, FrameBuffer answer, Now now)
    {
        var isExtranonce = names.Is(name, "subscribe-extranonce"u8);
        _followsExtranonce |= isExtranonce;
        var isAgreed = isExtranonce || names.Is(name, "info"u8);
        if (names.Is(name, "version-rolling"u8)) isAgreed = TryVersionRolling(options);
        if (names.Is(name, "minimum-difficulty"u8)) isAgreed = TryMinimumDifficulty(options, now);

        answer.Write("\""u8);
        answer.Write(names.Raw(name));
        answer.Write(isAgreed ? "\":true"u8 : "\":false"u8);
        if (!isAgreed || !names.Is(name, "version-rolling"u8)) return;

        answer.Write(",\"version-rolling.mask\":\""u8);
        V1Writer.Digits(answer, _toldMask);
        answer.Write("\""u8);
    }

    // min-bit-count is what the miner would like: fewer bits are no reason to refuse (BIP 310).
    private bool TryVersionRolling(ReadOnlySpan<byte> options)
    {
        var mask = uint.MaxValue;
        Span<byte> scratch = stackalloc byte[V1Text.Max];
        var reader = new V1Reader(options);
        var isGiven = TryOption(ref reader, "version-rolling.mask"u8, out var value);
        if (isGiven && !Hex.TryReadShortUInt32(reader.Text(value, scratch), out mask)) mask = 0;

        var offered = _pool.CurrentJob?.VersionMask ?? (_pool.Coin.VersionRolling ? Job.RollableVersionBits : 0);
        _clientMask = mask;
        _toldMask = mask & offered;
        _hasVersionRolling = _toldMask != 0;
        return _hasVersionRolling;
    }

    private bool TryMinimumDifficulty(ReadOnlySpan<byte> options, Now now)
    {
        var reader = new V1Reader(options);
        if (!TryOption(ref reader, "minimum-difficulty.value"u8, out var value) || value.Kind != V1Kind.Number) return false;

        var isAbove0 = AskedDifficulty.TryRead(Encoding.ASCII.GetString(reader.Raw(value)), out var floor);
        _difficulty.Configure(isAbove0 ? floor : null, now.MonotonicMs);
        return true;
    }

    private static bool TryOption(ref V1Reader options, ReadOnlySpan<byte> name, out V1Value value)
    {
        while (options.TryNextMember(out var key, out value))
            if (options.Is(key, name)) return true;

        return false;
    }
}
