using System.Text;
using Viddhana.Contracts;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;

namespace Viddhana.Core.Chains.Bitcoin;

/// <summary>
/// Reads the answer to getblocktemplate in one pass, without a tree, without a string per transaction and without a copy of them. Whatever
/// the node sends, the outcome is a template or a sentence for the operator, never an exception. Unknown fields are passed over.
/// </summary>
internal ref struct TemplateReader
{
    private const int HashSize = 32;
    private const int ScriptMax = 252;

    private readonly ReadOnlyMemory<byte> _answer;
    private readonly CoinDefinition _coin;
    private readonly TransactionList _transactions;
    private JsonScanner _json;
    private bool _hasTransactions;
    private bool _hasWitnesses;
    private bool _hasRules;
    private bool _isSegwit;
    private bool _isMweb;
    private string? _error;

    private long? _version;
    private long? _height;
    private long? _coinbaseValue;
    private long? _minTime;
    private long? _curTime;
    private byte[]? _bits;
    private byte[]? _target;
    private byte[]? _prevHash;
    private byte[]? _commitment;
    private byte[]? _mwebHex;
    private byte[]? _flags;
    private byte[]? _signetChallenge;
    private string? _longPollId;

    private TemplateReader(ReadOnlyMemory<byte> answer, CoinDefinition coin, TransactionList transactions)
    {
        _answer = answer;
        _json = new JsonScanner(answer.Span);
        _coin = coin;
        _transactions = transactions;
    }

    /// <summary>The template, or null and what is wrong with it.</summary>
    public static BlockTemplate? Read(ReadOnlyMemory<byte> answer, CoinDefinition coin, out string error)
    {
        using var transactions = new TransactionList();
        var reader = new TemplateReader(answer, coin, transactions);
        reader.ReadFields();
        var template = reader._error is null ? reader.Finish() : null;
        error = reader._error is null ? "" : $"block template: {reader._error}";
        return template;
    }

    private void ReadFields()
    {
        if (!_json.TryObject())
        {
            Fail("not a JSON object");
            return;
        }

        while (_error is null && _json.TryName(out var name)) ReadField(name);
        if (_error is null && !_json.IsAtEnd()) Fail($"not valid JSON: see byte {_json.Position}");
    }

    private void ReadField(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("version"u8)) _version = ReadNumber("version", int.MinValue, uint.MaxValue);
        else if (name.SequenceEqual("height"u8)) _height = ReadNumber("height", 0, int.MaxValue);
        else if (name.SequenceEqual("coinbasevalue"u8)) _coinbaseValue = ReadNumber("coinbasevalue", 0, long.MaxValue);
        else if (name.SequenceEqual("mintime"u8)) _minTime = ReadNumber("mintime", 0, uint.MaxValue);
        else if (name.SequenceEqual("curtime"u8)) _curTime = ReadNumber("curtime", 0, uint.MaxValue);
        else if (name.SequenceEqual("bits"u8)) _bits = ReadBytes("bits", 4, 4);
        else if (name.SequenceEqual("target"u8)) _target = ReadBytes("target", HashSize, HashSize);
        else if (name.SequenceEqual("previousblockhash"u8)) _prevHash = ReadBytes("previousblockhash", HashSize, HashSize);
        else if (name.SequenceEqual("default_witness_commitment"u8)) _commitment = ReadBytes("default_witness_commitment", 1, ScriptMax);
        else if (name.SequenceEqual("mweb"u8)) _mwebHex = ReadHex("mweb", 0, int.MaxValue / 2);
        else if (name.SequenceEqual("signet_challenge"u8)) _signetChallenge = ReadBytes("signet_challenge", 0, 10_000);
        else if (name.SequenceEqual("longpollid"u8)) _longPollId = ReadText("longpollid");
        else if (name.SequenceEqual("rules"u8)) ReadRules();
        else if (name.SequenceEqual("coinbaseaux"u8)) ReadCoinbaseAux();
        else if (name.SequenceEqual("transactions"u8)) ReadTransactions();
        else _json.Skip();
    }

    private void ReadRules()
    {
        _hasRules = true;
        if (!_json.TryArray())
        {
            Fail("field \"rules\" is not a list");
            return;
        }

        while (_error is null && _json.TryItem())
        {
            if (_json.TryString(out var rule)) AddRule(Encoding.UTF8.GetString(rule));
            else Fail("field \"rules\" holds something that is not a text");
        }
    }

    // BIP 9: a rule with "!" changes what a block must look like, so who does not know it must not mine.
    private void AddRule(string text)
    {
        var isCompulsory = text.StartsWith('!');
        var rule = isCompulsory ? text[1..] : text;
        _isSegwit |= rule == "segwit";
        _isMweb |= rule == "mweb";

        var isKnown = _coin.TemplateRules.Contains(rule) || _coin.KnownRules.Contains(rule);
        if (isCompulsory && !isKnown)
        {
            Fail($"the node demands rule \"{Printable(text)}\", which this engine does not know for {_coin.Name}: "
                + "update the engine, or point the pool at a node of the coin it is configured for");
        }
    }

    private void ReadCoinbaseAux()
    {
        if (!_json.TryObject())
        {
            Fail("field \"coinbaseaux\" is not an object");
            return;
        }

        while (_error is null && _json.TryName(out var name))
        {
            if (name.SequenceEqual("flags"u8)) _flags = ReadBytes("coinbaseaux.flags", 0, ScriptMax);
            else _json.Skip();
        }
    }

    private void ReadTransactions()
    {
        if (_hasTransactions || !_json.TryArray())
        {
            Fail("field \"transactions\" is not a list, or is there twice");
            return;
        }

        _hasTransactions = true;
        while (_error is null && _json.TryItem())
        {
            if (_json.TryObject()) ReadTransaction();
            else Fail($"transactions[{_transactions.Count}] is not an object");
        }
    }

    // The data stays where it is: hex it comes in, and hex it leaves in when a block is found.
    private void ReadTransaction()
    {
        ReadOnlySpan<byte> data = default;
        Span<byte> txid = stackalloc byte[HashSize];
        Span<byte> hash = stackalloc byte[HashSize];
        bool hasTxid = false, hasHash = false;
        var dataAt = 0;

        while (_json.TryName(out var name))
        {
            var isRead = true;
            if (name.SequenceEqual("data"u8))
            {
                isRead = data.IsEmpty && _json.TryHex(out data);
                dataAt = _json.Position - 1 - data.Length;   // the scanner is behind the closing quote
            }
            else if (name.SequenceEqual("txid"u8)) isRead = hasTxid = ReadHash(txid);
            else if (name.SequenceEqual("hash"u8)) isRead = hasHash = ReadHash(hash);
            else _json.Skip();
            if (!isRead) break;
        }

        var hasData = data.Length > 0 && data.Length % 2 == 0;
        var missing = !hasData ? "data" : !hasTxid ? "txid" : !hasHash ? "hash" : null;
        if (missing is not null)
        {
            Fail($"transactions[{_transactions.Count}].{missing} is missing or not hex of the right length");
            return;
        }

        _hasWitnesses |= !txid.SequenceEqual(hash);
        txid.Reverse();
        _transactions.Add(dataAt, data.Length, txid, hash);
    }

    private bool ReadHash(scoped Span<byte> hash) => _json.TryHex(out var digits) && WideHex.TryRead(digits, hash);

    private long? ReadNumber(string name, long min, long max)
    {
        if (_json.TryInt64(out var value) && value >= min && value <= max) return value;

        Fail($"field \"{name}\" is not a whole number from {min} to {max}");
        return null;
    }

    private byte[]? ReadBytes(string name, int sizeMin, int sizeMax)
    {
        if (ReadHex(name, sizeMin, sizeMax) is not { } digits) return null;

        var bytes = new byte[digits.Length / 2];
        Check.That(WideHex.TryRead(digits, bytes));
        return bytes;
    }

    private byte[]? ReadHex(string name, int sizeMin, int sizeMax)
    {
        var isHex = _json.TryString(out var digits) && Hex.IsHex(digits);
        if (isHex && digits.Length / 2 >= sizeMin && digits.Length / 2 <= sizeMax) return digits.ToArray();

        Fail($"field \"{name}\" is not hex of {(sizeMin == sizeMax ? $"{sizeMin}" : $"{sizeMin} to {sizeMax}")} bytes");
        return null;
    }

    // Nothing read here has escapes in it.
    private string? ReadText(string name)
    {
        if (_json.TryString(out var raw)) return Encoding.UTF8.GetString(raw);

        Fail($"field \"{name}\" is not a text");
        return null;
    }

    private static string Printable(string text) => string.Create(Math.Min(text.Length, 64), text, static (shown, text) =>
    {
        for (var i = 0; i < shown.Length; i++) shown[i] = text[i] is >= ' ' and <= '~' ? text[i] : '?';
    });

    private BlockTemplate? Finish()
    {
        var missing = FirstMissing();
        if (missing is not null) return Refuse($"field \"{missing}\" is missing");

        var nbits = (uint)((_bits![0] << 24) | (_bits[1] << 16) | (_bits[2] << 8) | _bits[3]);
        if (!Targets.TryFromCompact(nbits, out var target)) return Refuse($"bits {nbits:x8} are no target");
        if (_target is not null && UInt256.FromBigEndian(_target) != target) return Refuse($"target and bits {nbits:x8} differ");
        if (_signetChallenge is not null && !_signetChallenge.AsSpan().SequenceEqual(AnyoneCanSign))
        {
            return Refuse("this signet wants signed blocks, which a pool cannot make: use one with challenge 51");
        }

        var version = (uint)_version!.Value;
        return new BlockTemplate
        {
            Height = (int)_height!.Value,
            PrevHash = Hex.ToText(_prevHash!),
            LongPollId = _longPollId,
            CurTime = (uint)_curTime!.Value,
            Version = version,
            VersionMask = _coin.VersionRolling ? Job.RollableVersionBits & ~version : 0,
            PrevHashBytes = Reversed(_prevHash!),
            Nbits = nbits,
            BlockTarget = target,
            MinTime = (uint)_minTime!.Value,
            CoinbaseValue = _coinbaseValue!.Value,
            CoinbaseFlags = _flags ?? [],
            WitnessCommitment = _isSegwit ? _commitment : null,
            MerkleBranches = MerkleTree.PathOfFirst(_transactions.Txids),
            Transactions = new TemplateTransactions(_answer, _transactions.Places, _transactions.Keys),
            SuffixHex = _isMweb ? Suffix(_mwebHex!) : [],
        };
    }

    private static ReadOnlySpan<byte> AnyoneCanSign => [0x51];

    private readonly string? FirstMissing() =>
        _version is null ? "version"
        : _prevHash is null ? "previousblockhash"
        : !_hasTransactions ? "transactions"
        : _coinbaseValue is null ? "coinbasevalue"
        : _bits is null ? "bits"
        : _minTime is null ? "mintime"
        : _curTime is null ? "curtime"
        : _height is null ? "height"
        : !_hasRules ? "rules"
        : _isSegwit && _hasWitnesses && _commitment is null ? "default_witness_commitment"
        : _isMweb && _mwebHex is null ? "mweb"
        : null;

    private static byte[] Suffix(byte[] mwebHex)
    {
        byte[] suffix = [.. "01"u8, .. mwebHex];
        Hex.ToLower(suffix);
        return suffix;
    }

    private static byte[] Reversed(byte[] bytes)
    {
        byte[] reversed = [.. bytes];
        Array.Reverse(reversed);
        return reversed;
    }

    private BlockTemplate? Refuse(string error)
    {
        Fail(error);
        return null;
    }

    private void Fail(string error) => _error ??= error;
}
