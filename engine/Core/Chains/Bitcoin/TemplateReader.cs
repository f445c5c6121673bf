using System.Buffers;
using System.Text;
using System.Text.Json;
using Viddhana.Contracts;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;

namespace Viddhana.Core.Chains.Bitcoin;

/// <summary>
/// Reads the answer to getblocktemplate in one pass, without a tree and without a string per transaction. Whatever the node sends, the
/// outcome is a template or a sentence for the operator, never an exception. Unknown fields are passed over.
/// </summary>
internal ref struct TemplateReader
{
    private const int HashSize = 32;
    private const int ScriptMax = 252;

    private readonly CoinDefinition _coin;
    private readonly ArrayBufferWriter<byte> _txids = new();
    private readonly byte[] _transactions;
    private Utf8JsonReader _json;
    private int _transactionsSize;
    private int _transactionCount;
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
    private byte[]? _mweb;
    private byte[]? _flags;
    private byte[]? _signetChallenge;
    private string? _longPollId;

    private TemplateReader(ReadOnlySpan<byte> json, CoinDefinition coin, byte[] transactions)
    {
        _json = new Utf8JsonReader(json);
        _coin = coin;
        _transactions = transactions;
    }

    /// <summary>The template, or null and what is wrong with it.</summary>
    public static BlockTemplate? Read(ReadOnlySpan<byte> json, CoinDefinition coin, out string error)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(json.Length);
        try
        {
            var reader = new TemplateReader(json, coin, scratch);
            reader.ReadFields();
            var template = reader._error is null ? reader.Finish() : null;
            error = reader._error is null ? "" : $"block template: {reader._error}";
            return template;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second comes from names with broken escapes.
            error = "block template: not valid JSON: " + e.Message;
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private void ReadFields()
    {
        if (!_json.Read() || _json.TokenType != JsonTokenType.StartObject)
        {
            Fail("not a JSON object");
            return;
        }

        while (_error is null && _json.Read() && _json.TokenType == JsonTokenType.PropertyName) ReadField();
    }

    private void ReadField()
    {
        if (Is("version"u8)) _version = ReadNumber("version", int.MinValue, uint.MaxValue);
        else if (Is("height"u8)) _height = ReadNumber("height", 0, int.MaxValue);
        else if (Is("coinbasevalue"u8)) _coinbaseValue = ReadNumber("coinbasevalue", 0, long.MaxValue);
        else if (Is("mintime"u8)) _minTime = ReadNumber("mintime", 0, uint.MaxValue);
        else if (Is("curtime"u8)) _curTime = ReadNumber("curtime", 0, uint.MaxValue);
        else if (Is("bits"u8)) _bits = ReadHex("bits", 4, 4);
        else if (Is("target"u8)) _target = ReadHex("target", HashSize, HashSize);
        else if (Is("previousblockhash"u8)) _prevHash = ReadHex("previousblockhash", HashSize, HashSize);
        else if (Is("default_witness_commitment"u8)) _commitment = ReadHex("default_witness_commitment", 1, ScriptMax);
        else if (Is("mweb"u8)) _mweb = ReadHex("mweb", 0, int.MaxValue / 2);
        else if (Is("signet_challenge"u8)) _signetChallenge = ReadHex("signet_challenge", 0, 10_000);
        else if (Is("longpollid"u8)) _longPollId = ReadText("longpollid");
        else if (Is("rules"u8)) ReadRules();
        else if (Is("coinbaseaux"u8)) ReadCoinbaseAux();
        else if (Is("transactions"u8)) ReadTransactions();
        else PassOver();
    }

    private readonly bool Is(ReadOnlySpan<byte> name) => _json.ValueTextEquals(name);

    private void PassOver()
    {
        _json.Read();
        _json.Skip();
    }

    private void ReadRules()
    {
        _hasRules = true;
        _json.Read();
        if (_json.TokenType != JsonTokenType.StartArray)
        {
            Fail("field \"rules\" is not a list");
            return;
        }

        while (_error is null && _json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            if (_json.TokenType != JsonTokenType.String) Fail("field \"rules\" holds something that is not a text");
            else AddRule(CurrentText());
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
        _json.Read();
        if (_json.TokenType != JsonTokenType.StartObject)
        {
            Fail("field \"coinbaseaux\" is not an object");
            return;
        }

        while (_error is null && _json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            if (Is("flags"u8)) _flags = ReadHex("coinbaseaux.flags", 0, ScriptMax);
            else PassOver();
        }
    }

    private void ReadTransactions()
    {
        _json.Read();
        if (_hasTransactions || _json.TokenType != JsonTokenType.StartArray)
        {
            Fail("field \"transactions\" is not a list, or is there twice");
            return;
        }

        _hasTransactions = true;
        while (_error is null && _json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            if (_json.TokenType != JsonTokenType.StartObject) Fail($"transactions[{_transactionCount}] is not an object");
            else ReadTransaction();
        }
    }

    private void ReadTransaction()
    {
        Span<byte> txid = stackalloc byte[HashSize];
        Span<byte> hash = stackalloc byte[HashSize];
        bool hasData = false, hasTxid = false, hasHash = false;

        while (_error is null && _json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            if (Is("data"u8) && !hasData) hasData = ReadTransactionData();
            else if (Is("txid"u8)) hasTxid = ReadHash(txid);
            else if (Is("hash"u8)) hasHash = ReadHash(hash);
            else PassOver();
        }

        var missing = !hasData ? "data" : !hasTxid ? "txid" : !hasHash ? "hash" : null;
        if (missing is not null) Fail($"transactions[{_transactionCount}].{missing} is missing or not hex of the right length");

        _hasWitnesses |= !txid.SequenceEqual(hash);
        _transactionCount++;
        txid.Reverse();
        _txids.Write(txid);
    }

    // Straight from the answer into the block: hex it comes in, hex it leaves in.
    private bool ReadTransactionData()
    {
        _json.Read();
        if (_json.TokenType != JsonTokenType.String || _json.ValueSpan.IsEmpty || !Hex.IsHex(_json.ValueSpan)) return false;

        var data = _transactions.AsSpan(_transactionsSize, _json.ValueSpan.Length);
        _json.ValueSpan.CopyTo(data);
        Hex.ToLower(data);
        _transactionsSize += data.Length;
        return true;
    }

    private bool ReadHash(scoped Span<byte> hash)
    {
        _json.Read();
        return _json.TokenType == JsonTokenType.String && Hex.TryReadBytes(_json.ValueSpan, hash);
    }

    private long? ReadNumber(string name, long min, long max)
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out var value) && value >= min && value <= max) return value;

        Fail($"field \"{name}\" is not a whole number from {min} to {max}");
        return null;
    }

    private byte[]? ReadHex(string name, int sizeMin, int sizeMax)
    {
        _json.Read();
        var bytes = new byte[_json.ValueSpan.Length / 2];
        var isHex = _json.TokenType == JsonTokenType.String && Hex.TryReadBytes(_json.ValueSpan, bytes);
        if (isHex && bytes.Length >= sizeMin && bytes.Length <= sizeMax) return bytes;

        Fail($"field \"{name}\" is not hex of {(sizeMin == sizeMax ? $"{sizeMin}" : $"{sizeMin} to {sizeMax}")} bytes");
        return null;
    }

    private string? ReadText(string name)
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.String) return CurrentText();

        Fail($"field \"{name}\" is not a text");
        return null;
    }

    // The reader's own GetString throws on broken UTF-8. Nothing read here has escapes in it.
    private readonly string CurrentText() => Encoding.UTF8.GetString(_json.ValueSpan);

    private static string Printable(string text) =>
        string.Concat(text.Take(64).Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));

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
            TransactionCount = _transactionCount,
            Version = version,
            VersionMask = _coin.VersionRolling ? Job.RollableVersionBits & ~version : 0,
            PrevHashBytes = Reversed(_prevHash!),
            Nbits = nbits,
            BlockTarget = target,
            MinTime = (uint)_minTime!.Value,
            CoinbaseValue = _coinbaseValue!.Value,
            CoinbaseFlags = _flags ?? [],
            WitnessCommitment = _isSegwit ? _commitment : null,
            MerkleBranches = MerkleTree.PathOfFirst(_txids.WrittenSpan),
            TransactionsHex = _transactions.AsSpan(0, _transactionsSize).ToArray(),
            SuffixHex = _isMweb ? Encoding.ASCII.GetBytes("01" + Hex.ToText(_mweb!)) : [],
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
        : _isMweb && _mweb is null ? "mweb"
        : null;

    private static byte[] Reversed(byte[] bytes) => [.. Enumerable.Reverse(bytes)];

    private BlockTemplate? Refuse(string error)
    {
        Fail(error);
        return null;
    }

    private void Fail(string error) => _error ??= error;
}
