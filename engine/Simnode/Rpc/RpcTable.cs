using System.Text.Json;

namespace Viddhana.Simnode.Rpc;

/// <summary>One RPC method.</summary>
/// <param name="Name">As called.</param>
/// <param name="Parameters">Names in order, for calls by name and for help; a question mark ends those that may be left out.</param>
/// <param name="Run">Writes the answer; runs under the node's lock.</param>
/// <param name="Wait">Runs before, without the lock; null for almost all.</param>
public sealed record RpcMethod(string Name, string[] Parameters, Action<RpcCall> Run, Func<RpcCall, Task>? Wait)
{
    /// <summary>What <c>help NAME</c> says and what a call with missing parameters is told.</summary>
    public string Usage => string.Join(' ', [Name, .. Parameters.Select(parameter =>
        parameter.EndsWith('?') ? $"( {parameter[..^1]} )" : parameter)]);

    /// <summary>Puts parameters given by position or by name into order.</summary>
    /// <exception cref="RpcException">Too few, too many or unknown ones.</exception>
    public JsonElement?[] Arrange(JsonElement? given)
    {
        var arguments = new JsonElement?[Parameters.Length];
        if (given is { ValueKind: JsonValueKind.Array } array)
        {
            if (array.GetArrayLength() > Parameters.Length) throw new RpcException(RpcCode.Misc, Usage);

            var i = 0;
            foreach (var value in array.EnumerateArray()) arguments[i++] = value;
        }
        else if (given is { ValueKind: JsonValueKind.Object } named)
        {
            foreach (var property in named.EnumerateObject())
            {
                var place = Array.FindIndex(Parameters, parameter => parameter.TrimEnd('?') == property.Name);
                if (place < 0) throw new RpcException(RpcCode.InvalidParameter, $"Unknown named parameter {property.Name}");

                arguments[place] = property.Value;
            }
        }

        for (var i = 0; i < Parameters.Length; i++)
        {
            if (!Parameters[i].EndsWith('?') && arguments[i] is null) throw new RpcException(RpcCode.Misc, Usage);
        }

        return arguments;
    }
}

/// <summary>All methods by name.</summary>
public sealed class RpcTable
{
    private readonly Dictionary<string, RpcMethod> _methods = new(StringComparer.Ordinal);

    /// <summary>All methods, in alphabetical order.</summary>
    public IEnumerable<RpcMethod> All => _methods.Values.OrderBy(method => method.Name, StringComparer.Ordinal);

    /// <summary>Adds a method. <paramref name="parameters"/> are separated by spaces.</summary>
    public void Add(string name, string parameters, Action<RpcCall> run, Func<RpcCall, Task>? wait = null) =>
        _methods.Add(name, new RpcMethod(name, parameters.Split(' ', StringSplitOptions.RemoveEmptyEntries), run, wait));

    public RpcMethod? Find(string name) => _methods.GetValueOrDefault(name);
}
