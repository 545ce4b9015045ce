using Ddpm.Host.Commands;

return DdpmCommand.Run(args);
