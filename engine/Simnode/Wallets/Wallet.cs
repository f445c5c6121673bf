using System.Security.Cryptography;
using System.Text;
using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Wallets;

/// <summary>A transaction that pays to or from a wallet.</summary>
public sealed class WalletTransaction(Transaction transaction, long time, int order)
{
    public Transaction Transaction { get; } = transaction;

    /// <summary>Unix seconds when the wallet first saw it.</summary>
    public long Time { get; } = time;

    /// <summary>Place in the order of arrival.</summary>
    public int Order { get; } = order;

    /// <summary>Given up by <c>abandontransaction</c>.</summary>
    public bool IsAbandoned { get; set; }

    public string Comment { get; set; } = "";

    public string CommentTo { get; set; } = "";
}

/// <summary>An output of a wallet that may be spent.</summary>
public sealed record WalletCoin(OutPoint Point, TxOut Output, int Depth, bool IsTrusted, WalletAddress Address);

/// <summary>Keys, transactions and locks of one wallet. Whoever uses it holds the node's lock.</summary>
public sealed partial class Wallet : IDisposable
{
    private readonly SimulatedNode _node;
    private readonly WalletFile _file;
    private readonly Dictionary<Hash256, WalletTransaction> _transactions = [];
    private readonly Dictionary<OutPoint, List<Hash256>> _spenders = [];
    private readonly HashSet<OutPoint> _locked = [];
    private byte[]? _passphraseHash;
    private long _unlockedUntil;

    /// <summary>Plays the wallet's file, then looks through the chain for what it missed.</summary>
    public Wallet(string name, SimulatedNode node, WalletFile file)
    {
        Name = name;
        _node = node;
        _file = file;
        Keys = new WalletKeys(Convert.FromHexString(file.Lines[0][1]));
        foreach (var line in file.Lines) Play(line);
        foreach (var block in node.Tree.All.Where(block => block.WasConnected)) OnBlock(block, block.Header.Time);
        Rebroadcast();
    }

    public string Name { get; }

    public WalletKeys Keys { get; }

    /// <summary>All transactions, oldest first.</summary>
    public IEnumerable<WalletTransaction> Transactions => _transactions.Values.OrderBy(each => each.Order);

    /// <summary>Outputs that coin selection leaves alone.</summary>
    public IReadOnlySet<OutPoint> Locked => _locked;

    /// <summary>True once a passphrase was set.</summary>
    public bool IsEncrypted => _passphraseHash is not null;

    /// <summary>Unix seconds until which an encrypted wallet signs; 0 when locked.</summary>
    public long UnlockedUntil => _unlockedUntil > _node.Settings.UnixTime() ? _unlockedUntil : 0;

    /// <summary>True while it may sign.</summary>
    public bool CanSign => !IsEncrypted || UnlockedUntil > 0;

    /// <summary>A fresh address, on disk before it is handed out.</summary>
    public WalletAddress NewAddress(bool legacy, string label, bool isChange)
    {
        var index = Keys.Next;
        _file.Append(
            "address", WalletFile.Number(index), legacy ? "legacy" : "bech32", isChange ? "change" : "receive", WalletFile.Word(label));
        return Keys.Add(index, legacy, label, isChange);
    }

    public bool IsMine(byte[] script) => Keys.Find(script) is not null;

    public WalletTransaction? Find(Hash256 txid) => _transactions.GetValueOrDefault(txid);

    /// <summary>Takes note of a transaction in the mempool if it pays to or from this wallet.</summary>
    public void OnMempool(Transaction transaction)
    {
        var isNew = !_transactions.ContainsKey(transaction.Txid);
        var time = _node.Settings.UnixTime();
        if (!TryAdd(transaction, time, out var added)) return;

        if (isNew) _file.Append("tx", WalletFile.Number(time), HexText.Of(transaction.Raw));
        added.IsAbandoned = false;
    }

    /// <summary>Takes note of a block's transactions.</summary>
    public void OnBlock(BlockNode block, long time)
    {
        foreach (var transaction in block.Body!.Own)
        {
            if (TryAdd(transaction, time, out var added)) added.IsAbandoned = false;
        }
    }

    /// <summary>Remembers what a payment was for.</summary>
    public void Annotate(Hash256 txid, string comment, string commentTo)
    {
        if (Find(txid) is not { } transaction || (comment.Length == 0 && commentTo.Length == 0)) return;

        _file.Append("comment", txid.ToString(), WalletFile.Word(comment), WalletFile.Word(commentTo));
        (transaction.Comment, transaction.CommentTo) = (comment, commentTo);
    }

    /// <summary>Gives up a transaction and what spends from it; false if a block or the mempool holds it.</summary>
    public bool Abandon(WalletTransaction transaction)
    {
        if (Depth(transaction) != 0 || _node.Pool.Find(transaction.Transaction.Txid) is not null) return false;

        _file.Append("abandon", transaction.Transaction.Txid.ToString());
        MarkAbandoned(transaction);
        return true;
    }

    /// <summary>Locks an output against coin selection, or lets it go; false if it was in that state.</summary>
    public bool SetLock(OutPoint point, bool locked) => locked ? _locked.Add(point) : _locked.Remove(point);

    /// <summary>Lets all outputs go.</summary>
    public void UnlockAllCoins() => _locked.Clear();

    /// <summary>Sets the passphrase and locks.</summary>
    public void Encrypt(string passphrase)
    {
        var hash = HashOf(passphrase);
        _file.Append("passphrase", HexText.Of(hash));
        _passphraseHash = hash;
        _unlockedUntil = 0;
    }

    /// <summary>Unlocks for so long; false if the passphrase is wrong.</summary>
    public bool Unlock(string passphrase, long seconds)
    {
        if (!CryptographicOperations.FixedTimeEquals(HashOf(passphrase), _passphraseHash)) return false;

        _unlockedUntil = _node.Settings.UnixTime() + seconds;
        return true;
    }

    /// <summary>Locks at once.</summary>
    public void LockKeys() => _unlockedUntil = 0;

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Play(string[] line)
    {
        switch (line)
        {
            case ["address", var index, var form, var purpose, var label]:
                Keys.Add(uint.Parse(index, null), form == "legacy", WalletFile.Unword(label), purpose == "change");
                break;
            case ["tx", var time, var hex]:
                TryAdd(Transaction.Decode(Convert.FromHexString(hex))!, long.Parse(time, null), out _);
                break;
            case ["comment", var txid, var comment, var commentTo] when Known(txid) is { } annotated:
                (annotated.Comment, annotated.CommentTo) = (WalletFile.Unword(comment), WalletFile.Unword(commentTo));
                break;
            case ["abandon", var txid] when Known(txid) is { } given:
                MarkAbandoned(given);
                break;
            case ["passphrase", var hash]:
                _passphraseHash = Convert.FromHexString(hash);
                break;
        }
    }

    private WalletTransaction? Known(string txid) => Hash256.TryParse(txid, out var hash) ? Find(hash) : null;

    // What a restart took out of the mempool is sent again, as real wallets do.
    private void Rebroadcast()
    {
        foreach (var each in Transactions.Where(each => !each.IsAbandoned && !each.Transaction.IsCoinbase))
        {
            if (_node.Tree.BlockOf(each.Transaction.Txid) is null) _node.Pool.Accept(each.Transaction);
        }
    }

    private bool TryAdd(Transaction transaction, long time, out WalletTransaction added)
    {
        if (_transactions.TryGetValue(transaction.Txid, out added!)) return true;

        var spends = transaction.Inputs.Any(input => OwnOutput(input.Prevout) is not null);
        if (!spends && !transaction.Outputs.Any(output => IsMine(output.Script))) return false;

        added = new WalletTransaction(transaction, time, _transactions.Count);
        _transactions[transaction.Txid] = added;
        foreach (var input in transaction.Inputs.Where(input => input.Prevout != OutPoint.None))
        {
            if (!_spenders.TryGetValue(input.Prevout, out var spenders)) _spenders[input.Prevout] = spenders = [];
            spenders.Add(transaction.Txid);
        }

        return true;
    }

    private void MarkAbandoned(WalletTransaction transaction)
    {
        transaction.IsAbandoned = true;
        for (var i = 0u; i < transaction.Transaction.Outputs.Length; i++)
        {
            var children = SpendersOf(new OutPoint(transaction.Transaction.Txid, i)).Where(child => !child.IsAbandoned);
            foreach (var child in children.ToList()) MarkAbandoned(child);
        }
    }

    private static byte[] HashOf(string passphrase) => SHA256.HashData(Encoding.UTF8.GetBytes("viddhana-simnode " + passphrase));
}
