using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Chain;

/// <summary>An unspent output.</summary>
public sealed record Coin(TxOut Output, int Height, bool IsCoinbase);

/// <summary>
/// The unspent outputs of the best chain. Outputs of synthetic transactions are not kept: nobody has keys to them, and they would
/// only fill memory.
/// </summary>
public sealed class Coins
{
    private readonly Dictionary<OutPoint, Coin> _coins = [];

    /// <summary>How many outputs are unspent.</summary>
    public int Count => _coins.Count;

    /// <summary>The coin, or null if there is none or it is spent.</summary>
    public Coin? Find(OutPoint point) => _coins.GetValueOrDefault(point);

    /// <summary>Adds a block's outputs and takes its inputs away; returns what was taken, for <see cref="Disconnect"/>.</summary>
    public List<KeyValuePair<OutPoint, Coin>> Connect(IEnumerable<Transaction> transactions, int height)
    {
        var spent = new List<KeyValuePair<OutPoint, Coin>>();
        foreach (var transaction in transactions)
        {
            foreach (var input in transaction.Inputs)
            {
                if (_coins.Remove(input.Prevout, out var coin)) spent.Add(new(input.Prevout, coin));
            }

            for (var i = 0; i < transaction.Outputs.Length; i++)
            {
                var output = transaction.Outputs[i];
                if (!Script.IsNullData(output.Script))
                    _coins[new OutPoint(transaction.Txid, (uint)i)] = new Coin(output, height, transaction.IsCoinbase);
            }
        }

        return spent;
    }

    /// <summary>Undoes <see cref="Connect"/>.</summary>
    public void Disconnect(IEnumerable<Transaction> transactions, IReadOnlyList<KeyValuePair<OutPoint, Coin>> spent)
    {
        foreach (var (point, coin) in spent) _coins[point] = coin;
        foreach (var transaction in transactions)
        {
            for (var i = 0; i < transaction.Outputs.Length; i++) _coins.Remove(new OutPoint(transaction.Txid, (uint)i));
        }
    }
}
