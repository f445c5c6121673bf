using Viddhana.Backoffice;

return await CommandLine.Make().RunAsync(args);
