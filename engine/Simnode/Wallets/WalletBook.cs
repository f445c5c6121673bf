using Viddhana.Simnode.Rpc;

namespace Viddhana.Simnode.Wallets;

/// <summary>The wallets of a node: those that are loaded, and those that lie in the data directory.</summary>
public sealed class WalletBook : IDisposable
{
    private const int NameMax = 64;

    private readonly SimulatedNode _node;
    private readonly string? _directory;
    private readonly SortedDictionary<string, Wallet> _loaded = new(StringComparer.Ordinal);

    /// <summary>Follows the node's chain and mempool from now on.</summary>
    public WalletBook(SimulatedNode node)
    {
        _node = node;
        if (node.Settings.DataDirectory is { } data) _directory = Directory.CreateDirectory(Path.Combine(data, "wallets")).FullName;
        node.Pool.Added += transaction => Each(wallet => wallet.OnMempool(transaction));
        node.TipChanged += change =>
        {
            foreach (var block in change.Connected) Each(wallet => wallet.OnBlock(block, node.Settings.UnixTime()));
        };
    }

    /// <summary>Names of loaded wallets.</summary>
    public IEnumerable<string> Loaded => _loaded.Keys;

    /// <summary>Names of all wallets on disk.</summary>
    public IEnumerable<string> OnDisk => _directory is null
        ? _loaded.Keys
        : Directory.EnumerateFiles(_directory, "*.wallet").Select(path => Path.GetFileNameWithoutExtension(path)).Order();

    /// <summary>The wallet a call means: the one in its URL, or the only one loaded.</summary>
    public Wallet Of(RpcCall call)
    {
        if (call.WalletName is { } name)
        {
            return _loaded.GetValueOrDefault(name)
                ?? throw new RpcException(RpcCode.WalletNotFound, "Requested wallet does not exist or is not loaded");
        }

        if (_loaded.Count == 1) return _loaded.Values.First();
        if (_loaded.Count > 1)
        {
            throw new RpcException(
                RpcCode.WalletNotSpecified, "Wallet file not specified (must request wallet RPC through /wallet/<filename> uri-path).");
        }

        throw new RpcException(
            RpcCode.WalletNotFound,
            "No wallet is loaded. Load a wallet using loadwallet or create a new one with createwallet. "
            + "(Note: A default wallet is no longer automatically created)");
    }

    /// <summary>Makes a wallet and loads it.</summary>
    public Wallet Create(string name)
    {
        CheckName(name);
        var path = PathOf(name);
        if (_loaded.ContainsKey(name) || File.Exists(path))
        {
            throw new RpcException(
                RpcCode.Wallet,
                $"Wallet file verification failed. Failed to create database path '{path ?? name}'. Database already exists.");
        }

        return _loaded[name] = new Wallet(name, _node, WalletFile.Create(path));
    }

    /// <summary>Loads a wallet from disk.</summary>
    public Wallet Load(string name)
    {
        CheckName(name);
        var path = PathOf(name);
        if (_loaded.ContainsKey(name))
        {
            throw new RpcException(
                RpcCode.Wallet,
                $"Wallet file verification failed. Refusing to load database. Data file '{path ?? name}' is already loaded.");
        }

        if (!File.Exists(path))
        {
            throw new RpcException(
                RpcCode.WalletNotFound,
                $"Wallet file verification failed. Failed to load database path '{path ?? name}'. Path does not exist.");
        }

        return _loaded[name] = new Wallet(name, _node, WalletFile.Load(path));
    }

    /// <summary>Unloads a wallet. One that is kept in memory only is gone with it.</summary>
    public void Unload(string name)
    {
        if (!_loaded.Remove(name, out var wallet))
            throw new RpcException(RpcCode.WalletNotFound, "Requested wallet does not exist or is not loaded");

        wallet.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Each(wallet => wallet.Dispose());

    private void Each(Action<Wallet> action)
    {
        foreach (var wallet in _loaded.Values) action(wallet);
    }

    private string? PathOf(string name) =>
        _directory is null ? null : Path.Combine(_directory, (name.Length == 0 ? "default" : name) + ".wallet");

    private static void CheckName(string name)
    {
        if (name.Length > NameMax || name.StartsWith('.')
            || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
            throw new RpcException(RpcCode.InvalidParameter, "a wallet's name has at most 64 letters, digits, '-', '_' and '.'");
    }
}
