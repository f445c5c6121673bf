namespace Viddhana.Tests.EndToEnd.Compatibility.Models;

/// <summary>Every model, by the name that transcripts call it.</summary>
internal static class ClientModels
{
    public static ClientModel New(string name) => name switch
    {
        "cgminer" => new CgminerModel(),
        "antminer" => new AntminerModel(),
        "bfgminer" => new BfgminerModel(),
        "cpuminer" => new CpuminerModel(),
        "bitaxe" => new BitaxeModel(),
        "bitaxe-old" => new OldBitaxeModel(),
        "nerdminer" => new NerdMinerModel(),
        "braiins" => new BraiinsModel(),
        "nicehash" => new NiceHashModel(),
        _ => throw new ArgumentException($"there is no model {name}"),
    };
}
